/**
 * Certificates of every kind, and of kinds that no authority makes, without openssl.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Tag } from "../../tls/der.ts";

/** A value in DER: its tag, and what is in it. */
export function der(tag: number, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return new Uint8Array([tag, ...size, ...body]);
}

export const hex = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.fromHex(text);
export const ascii = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const id = (text: string) => der(Tag.OBJECT_IDENTIFIER, hex(text));

const UTF8_STRING = 0x0c;
const SET = 0x31;

/** A name that consists of a common name; `""` is one with nothing in it. */
export function nameOf(commonName: string): Uint8Array<ArrayBuffer> {
  if (commonName === "") return der(Tag.SEQUENCE);
  return der(Tag.SEQUENCE, der(SET, der(Tag.SEQUENCE, id("550403"), der(UTF8_STRING, ascii(commonName)))));
}

/** A key, and what signs with it. */
export interface Key {
  readonly spki: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly pkcs8: string;
  sign(bytes: Uint8Array): Uint8Array;
}

/** How keys sign, by their names. */
const KINDS = {
  p256: ["ec", { namedCurve: "P-256" }, "sha256", "300a06082a8648ce3d040302"],
  p384: ["ec", { namedCurve: "P-384" }, "sha384", "300a06082a8648ce3d040303"],
  p521: ["ec", { namedCurve: "P-521" }, "sha512", "300a06082a8648ce3d040304"],
  sha1: ["ec", { namedCurve: "P-256" }, "sha1", "300906072a8648ce3d0401"],
  rsa: ["rsa", { modulusLength: 2048 }, "sha256", "300d06092a864886f70d01010b0500"],
  rsa1024: ["rsa", { modulusLength: 1024 }, "sha256", "300d06092a864886f70d01010b0500"],
  ed25519: ["ed25519", {}, null, "300506032b6570"],
} as const;

/** Makes a key. */
export function makeKey(kind: keyof typeof KINDS = "p256"): Key {
  const [type, options, hash, algorithm] = KINDS[kind];
  const pair = generateKeyPairSync(type as "ec", options as { namedCurve: string }) as {
    publicKey: KeyObject;
    privateKey: KeyObject;
  };
  return {
    spki: pair.publicKey.export({ type: "spki", format: "der" }),
    algorithm: hex(algorithm),
    pkcs8: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    sign: (bytes) => sign(hash, bytes, pair.privateKey),
  };
}

/** What a certificate says. */
export interface Wish {
  readonly name?: string;
  /** Its key, and whose key signs it. */
  readonly key?: Key;
  readonly issuer?: Forged;
  readonly version?: 1 | 2 | 3;
  /** In milliseconds since 1970. */
  readonly from?: number;
  readonly until?: number;
  readonly extensions?: readonly Uint8Array[];
  /** Changes what is signed before it is. */
  readonly twist?: (signed: Uint8Array) => Uint8Array;
}

/** A certificate and its key. */
export interface Forged {
  readonly der: Uint8Array<ArrayBuffer>;
  readonly pem: string;
  readonly key: Key;
  readonly subject: Uint8Array;
}

const HOUR_MS = 3600_000;
let serial = 1;

/** Makes a certificate; without an issuer it signs itself. */
export function forge(wish: Wish = {}): Forged {
  const { name = "peer", key = makeKey(), issuer, version = 3, extensions = [] } = wish;
  const { from = Date.now() - HOUR_MS, until = Date.now() + HOUR_MS } = wish;
  const subject = nameOf(name);
  const signer = issuer?.key ?? key;
  const plain = der(
    Tag.SEQUENCE,
    version === 1 ? new Uint8Array() : der(0xa0, der(Tag.INTEGER, new Uint8Array([version - 1]))),
    der(Tag.INTEGER, new Uint8Array([0x01, serial++ & 0x7f])),
    signer.algorithm,
    issuer?.subject ?? subject,
    der(Tag.SEQUENCE, timeIn(from), timeIn(until)),
    subject,
    key.spki,
    extensions.length === 0 ? new Uint8Array() : der(0xa3, der(Tag.SEQUENCE, ...extensions)),
  );
  const signed = wish.twist?.(plain) ?? plain;
  const whole = der(
    Tag.SEQUENCE,
    signed,
    signer.algorithm,
    der(Tag.BIT_STRING, new Uint8Array(1), signer.sign(signed)),
  );
  return { der: whole, pem: pemOf(whole), key, subject };
}

/** A certificate in PEM. */
export function pemOf(certificate: Uint8Array): string {
  const lines = certificate.toBase64().match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function timeIn(time: number): Uint8Array {
  const digits = new Date(time).toISOString().replace(/\.\d+|\D/g, "");
  const year = Number(digits.slice(0, 4));
  return year < 2050 && year >= 1950
    ? der(Tag.UTC_TIME, ascii(`${digits.slice(2)}Z`))
    : der(Tag.GENERALIZED_TIME, ascii(`${digits}Z`));
}

/** An extension; `critical` makes who does not know it refuse the certificate. */
export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? der(Tag.BOOLEAN, new Uint8Array([0xff])) : new Uint8Array();
  return der(Tag.SEQUENCE, id(oid), flag, der(Tag.OCTET_STRING, value));
}

/** Basic constraints of an authority. */
export function authority(pathLength?: number): Uint8Array {
  const most = pathLength === undefined ? [] : [der(Tag.INTEGER, new Uint8Array([pathLength]))];
  return extension("551d13", der(Tag.SEQUENCE, der(Tag.BOOLEAN, new Uint8Array([0xff])), ...most), true);
}

/** A key's usage: keyCertSign, or digitalSignature only. */
export const usage = (signs: boolean): Uint8Array =>
  extension("551d0f", der(Tag.BIT_STRING, new Uint8Array([signs ? 2 : 7, signs ? 0x04 : 0x80])), true);

/** What it is for: `"client"`, `"server"`, or something else. */
export function extendedUsage(...purposes: ("client" | "server" | "email")[]): Uint8Array {
  const ids = { server: "2b06010505070301", client: "2b06010505070302", email: "2b06010505070304" };
  return extension("551d25", der(Tag.SEQUENCE, ...purposes.map((one) => id(ids[one]))));
}

/**
 * A general name: `"DNS:a.test"`, `"URI:spiffe://a"`, `"IP:0a000001"` (in hexadecimal), `"email:a@b"`, `"dir:name"`.
 */
export function generalName(text: string): Uint8Array {
  const [kind, value] = [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1)];
  if (kind === "dir") return der(0xa4, nameOf(value));
  const tags: Record<string, number> = { email: 0x81, DNS: 0x82, URI: 0x86, IP: 0x87 };
  return der(tags[kind]!, kind === "IP" ? hex(value) : ascii(value));
}

/** Subject alternative names. */
export const names = (...list: string[]): Uint8Array =>
  extension("551d11", der(Tag.SEQUENCE, ...list.map(generalName)));

/** Constraints on names. */
export function nameConstraints({ permitted = [], excluded = [] }: { permitted?: string[]; excluded?: string[] }) {
  const trees = (tag: number, list: string[]) =>
    list.length === 0 ? [] : [der(tag, ...list.map((one) => der(Tag.SEQUENCE, generalName(one))))];
  return extension("551d1e", der(Tag.SEQUENCE, ...trees(0xa0, permitted), ...trees(0xa1, excluded)), true);
}
