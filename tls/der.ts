/** One value of a DER structure. */
export interface Der {
  readonly tag: number;
  readonly body: Uint8Array;
  /** The value, including its tag and its length. */
  readonly whole: Uint8Array;
}

export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
} as const;

/** If these bits are set, the tag continues in the next octet. */
const LONG_TAG = 0x1f;
/** The most octets that a length may take: no certificate comes near 4 GiB. */
const MAX_LENGTH_BYTES = 4;

/**
 * Returns the consecutive values in some octets.
 *
 * @throws {TypeError} If they are not DER: each length has the shortest form, and no octet is left over.
 */
export function valuesIn(bytes: Uint8Array): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at;
    const tag = bytes[at++]!;
    if ((tag & LONG_TAG) === LONG_TAG) throw notDer();
    let length = bytes[at++]!;
    if (length >= 0x80) {
      const octets = length - 0x80;
      if (octets === 0 || octets > MAX_LENGTH_BYTES || bytes[at] === 0) throw notDer();
      for (length = 0; at < start + 2 + octets; at++) length = length * 256 + bytes[at]!;
      if (length < 0x80) throw notDer();
    }
    if (!(at + length <= bytes.length)) throw notDer();
    found.push({ tag, body: bytes.subarray(at, at + length), whole: bytes.subarray(start, at += length) });
  }
  return found;
}

/** Returns the values inside a value, which must have this tag. */
export function inside(value: Der | undefined, tag: number = Tag.SEQUENCE): Der[] {
  return valuesIn(bodyOf(value, tag));
}

/** Returns the octets of a value, which must have this tag. */
export function bodyOf(value: Der | undefined, tag: number): Uint8Array {
  if (value?.tag !== tag) throw notDer();
  return value.body;
}

/** Returns the only value in some octets, which must have this tag. */
export function onlyValue(bytes: Uint8Array, tag: number = Tag.SEQUENCE): Der {
  const [value, ...more] = valuesIn(bytes);
  if (value?.tag !== tag || more.length > 0) throw notDer();
  return value;
}

/** Returns the octets of a BIT STRING, which must end with a whole octet. */
export function bitsOf(value: Der | undefined): Uint8Array {
  const body = bodyOf(value, Tag.BIT_STRING);
  if (body[0] !== 0) throw notDer();
  return body.subarray(1);
}

/** Returns a time, in milliseconds since 1970. */
export function timeOf(value: Der | undefined): number {
  const text = String.fromCharCode(...value?.body.subarray(0, 20) ?? []);
  const utc = value?.tag === Tag.UTC_TIME;
  const match = (utc ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text);
  if (!match || !utc && value?.tag !== Tag.GENERALIZED_TIME) throw notDer();
  const [month, day, hour, minute, second] = match[2]!.match(/\d\d/g)! as [string, string, string, string, string];
  // Two digits mean 1950 to 2049 (RFC 5280, section 4.1.2.5.1).
  const year = utc ? `${Number(match[1]) < 50 ? 20 : 19}${match[1]}` : match[1];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) throw notDer();
  return time;
}

/** Returns whether two parts of certificates have the same octets. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

const notDer = () => new TypeError("this is no certificate, or a part of one");
