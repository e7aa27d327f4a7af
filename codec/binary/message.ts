import type { protobuf } from "../../deps.ts";
import { didYouMean } from "../../base/text/did_you_mean.ts";
import { charge } from "./costs.ts";
import { type Empty, emptyOf } from "./empty.ts";
import { type Plain, propertiesOf, type Property, type ReadField, skip } from "./field.ts";
import { Misfit, within, wrong } from "../misfit.ts";
import type { Source } from "./source.ts";
import { keepUnknown, unknownOf } from "./unknown.ts";
import { enter, type ValueCodec } from "./value.ts";

/** How deep messages may stand in messages, as in Google's implementations. */
export const MAX_DEPTH = 100;

const codecs = new WeakMap<protobuf.Type, MessageCodec>();

/** The codec of a type. */
export function codecOf(type: protobuf.Type): MessageCodec {
  let codec = codecs.get(type);
  if (codec === undefined) codecs.set(type, codec = new MessageCodec(type));
  return codec;
}

/** What is made of a type when it is first used. */
interface Compiled {
  /** In the order of the fields' numbers. */
  readonly properties: readonly Property[];
  readonly readers: ReadonlyMap<number, ReadField>;
  readonly empty: Empty;
}

function compile(type: protobuf.Type): Compiled {
  const properties = propertiesOf(type);
  return {
    properties,
    readers: new Map(properties.flatMap(({ readers }) => readers)),
    empty: emptyOf(properties),
  };
}

/**
 * Writes and reads the messages of one type: plain objects with every default, 64-bit integers as bigint, oneofs as one
 * discriminated property, maps as Map. protobufjs moves the bytes.
 */
export class MessageCodec implements ValueCodec {
  readonly wireType = 2;
  readonly #type: protobuf.Type;
  #compiled: Compiled | undefined;

  constructor(type: protobuf.Type) {
    this.#type = type;
  }

  /** Types may refer to each other in circles, so each is looked at when it is first used. */
  #parts(): Compiled {
    return this.#compiled ??= compile(this.#type);
  }

  get emptyBytes(): number {
    return this.#parts().empty.bytes;
  }

  initial(): Plain {
    return this.#parts().empty.make();
  }

  isInitial(): boolean {
    return false;
  }

  write(writer: protobuf.Writer, value: unknown, depth: number): void {
    writer.fork();
    this.encode(writer, value, depth + 1);
    writer.ldelim();
  }

  read(reader: Source, depth: number, previous?: unknown): Plain {
    const outer = enter(reader);
    const message = this.decode(reader, depth + 1, previous as Plain | undefined);
    reader.len = outer;
    return message;
  }

  /**
   * Writes a message without a length.
   *
   * @throws {Misfit} If something in it does not fit.
   */
  encode(writer: protobuf.Writer, value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) throw new Misfit(`nested more than ${MAX_DEPTH} deep`);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("an object", value);
    const { properties } = this.#parts();
    const message = value as Plain;
    let found = 0;
    let name = "";
    try {
      for (let i = 0; i < properties.length; i++) {
        const property = properties[i]!;
        name = property.name;
        const one = message[name];
        if (one === undefined) continue;
        found++;
        property.write(writer, one, depth);
      }
    } catch (thrown) {
      throw within(`.${name}`, thrown);
    }
    for (const _ in message) found--;
    if (found !== 0) this.#checkNames(value);
    const unknown = unknownOf(message);
    if (unknown !== undefined) writer.raw(unknown);
  }

  /** Finds the property that is no field. Those that are undefined may be. */
  #checkNames(value: object): void {
    const names = this.#parts().properties.map(({ name }) => name);
    for (const name of Object.keys(value)) {
      if (names.includes(name)) continue;
      throw within(`.${name}`, new Misfit(`there is no such field${didYouMean(name, names)}`));
    }
  }

  /** Reads a message up to the reader's end, into `message` if there is one. */
  decode(reader: Source, depth: number, message?: Plain): Plain {
    if (depth > MAX_DEPTH) throw new Error(`nested more than ${MAX_DEPTH} deep`);
    const { readers, empty } = this.#parts();
    if (message === undefined) {
      charge(reader, empty.bytes);
      message = empty.make();
    }
    // Where the unknown fields began that come one after the other.
    let from = -1;
    while (reader.pos < reader.len) {
      const start = reader.pos;
      const tag = reader.tag();
      const read = readers.get(tag);
      if (read === undefined) {
        if (from < 0) from = start;
        skip(reader, tag, depth);
        continue;
      }
      if (from >= 0) keepUnknown(message, reader, from, start);
      from = -1;
      read(message, reader, depth);
    }
    if (from >= 0) keepUnknown(message, reader, from, reader.pos);
    return message;
  }
}
