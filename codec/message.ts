import type { protobuf } from "../deps.ts";
import { didYouMean } from "../base/did_you_mean.ts";
import { type Plain, propertiesOf, type Property, type ReadField, skip } from "./field.ts";
import { Misfit, within, wrong } from "./misfit.ts";
import { enter, type ValueCodec } from "./value.ts";

/** How deep messages may stand in messages, as in Google's implementations. */
export const MAX_DEPTH = 100;
/** The bytes of the fields that a message's type does not know, kept for when it is encoded again. */
const UNKNOWN = Symbol("unknown fields");

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
  /** The defaults that all messages can share. */
  readonly shared: Plain;
  /** The properties whose defaults each message needs for itself. */
  readonly fresh: readonly Property[];
}

function compile(type: protobuf.Type): Compiled {
  const properties = propertiesOf(type);
  const isShared = ({ initial }: Property) => initial && initial() === initial();
  return {
    properties,
    readers: new Map(properties.flatMap(({ readers }) => readers)),
    shared: Object.fromEntries(properties.filter(isShared).map(({ name, initial }) => [name, initial!()])),
    fresh: properties.filter((one) => one.initial && !isShared(one)),
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

  initial(): Plain {
    const { shared, fresh } = this.#parts();
    const message = { ...shared };
    for (let i = 0; i < fresh.length; i++) message[fresh[i]!.name] = fresh[i]!.initial!();
    return message;
  }

  isInitial(): boolean {
    return false;
  }

  write(writer: protobuf.Writer, value: unknown, depth: number): void {
    writer.fork();
    this.encode(writer, value, depth + 1);
    writer.ldelim();
  }

  read(reader: protobuf.Reader, depth: number, previous?: unknown): Plain {
    const outer = enter(reader);
    const message = this.decode(reader, depth + 1, previous as Plain | undefined);
    reader.len = outer;
    return message;
  }

  /** Writes a message without a length. @throws {Misfit} If something in it does not fit. */
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
    const unknown = message[UNKNOWN] as Uint8Array[] | undefined;
    if (unknown !== undefined) { for (const one of unknown) writer.raw(one); }
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
  decode(reader: protobuf.Reader, depth: number, message: Plain = this.initial()): Plain {
    if (depth > MAX_DEPTH) throw new Error(`nested more than ${MAX_DEPTH} deep`);
    const { readers } = this.#parts();
    let unknown: Uint8Array[] | undefined;
    // Where the unknown fields began that come one after the other: as one piece they cost what they hold, however many they are.
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
      if (from >= 0) (unknown ??= []).push(new Uint8Array(reader.buf.subarray(from, start)));
      from = -1;
      read(message, reader, depth);
    }
    // Copies: the transport may use its buffer again.
    if (from >= 0) (unknown ??= []).push(new Uint8Array(reader.buf.subarray(from, reader.pos)));
    if (unknown !== undefined) {
      const before = (message[UNKNOWN] as Uint8Array[] | undefined) ?? [];
      Object.defineProperty(message, UNKNOWN, { value: [...before, ...unknown], configurable: true });
    }
    return message;
  }
}
