import { Buffer } from "node:buffer";
import { ADDED_BYTES, charge, chargeText } from "./costs.ts";
import type { Source } from "./source.ts";
import { latin1 } from "./text.ts";

/** Gives back what it is given, so that a class which extends it adds its private fields to any object. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * The fields of a message that its type does not know, kept for when it is encoded again. They are a private field of
 * the message: nobody sees it, and a copy does not have it. A property that is not enumerable would be the same, but
 * takes V8 ten times as long to add.
 */
class Unknown extends Given {
  /** The bytes as characters: of all that hold bytes, a string costs the least, and can be added to. */
  #bytes: string;

  constructor(message: object, bytes: string) {
    super(message);
    this.#bytes = bytes;
  }

  /** Whether any message has unknown fields. Asking a message whether it has the private field takes V8 60 ns. */
  static #exist = false;

  static add(message: object, bytes: string): void {
    Unknown.#exist = true;
    if (#bytes in message) message.#bytes += bytes;
    else new Unknown(message, bytes);
  }

  static of(message: object): string | undefined {
    return Unknown.#exist && #bytes in message ? message.#bytes : undefined;
  }
}

/** Adds what the reader has passed over since `start` to the unknown fields of a message. */
export function keepUnknown(message: object, reader: Source, start: number, end: number): void {
  const bytes = latin1(reader.buf, start, end);
  chargeText(reader, bytes, end - start);
  charge(reader, ADDED_BYTES);
  Unknown.add(message, bytes);
}

/** The unknown fields of a message; undefined if it has none. */
export function unknownOf(message: object): Uint8Array | undefined {
  const bytes = Unknown.of(message);
  return bytes === undefined ? undefined : Buffer.from(bytes, "latin1");
}
