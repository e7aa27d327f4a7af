import type { PeerIdentity } from "../rpc/peer.ts";

const COMMON_NAME = "550403"; // 2.5.4.3
const SUBJECT_ALT_NAME = "551d11"; // 2.5.29.17
const EXPLICIT_VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const URI = 0x86;
const BMP_STRING = 0x1e;

/** One value of a DER structure. */
interface Der {
  readonly tag: number;
  readonly body: Uint8Array;
}

/**
 * The names in a certificate.
 *
 * node:tls has them as one text, in which Deno does not quote: a URI with `, DNS:admin` in it reads as a second name. So they are
 * taken from the certificate itself.
 *
 * @param der The certificate in DER, which was verified.
 * @throws {TypeError} If it is no certificate.
 * @see RFC 5280, section 4.1
 */
export function identityOf(der: Uint8Array): PeerIdentity {
  const [certificate] = values(der);
  const [signed] = inside(certificate);
  const fields = inside(signed);
  // version (may be missing), serial number, algorithm, issuer, validity, subject
  const subject = fields[fields[0]?.tag === EXPLICIT_VERSION ? 5 : 4];
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  const names = extensions ? alternativeNames(extensions) : [];
  return {
    commonName: commonName(subject),
    dnsNames: names.filter(({ tag }) => tag === DNS_NAME).map(text),
    uris: names.filter(({ tag }) => tag === URI).map(text),
  };
}

/** Of several the last, which is the most specific one. */
function commonName(subject: Der | undefined): string {
  const attributes = inside(subject).flatMap(inside).map(inside);
  const last = attributes.findLast(([type]) => type!.body.toHex() === COMMON_NAME);
  return last ? text(last[1]!) : "";
}

function alternativeNames(extensions: Der): Der[] {
  const all = inside(inside(extensions)[0]).map(inside);
  const value = all.find(([type]) => type!.body.toHex() === SUBJECT_ALT_NAME)?.at(-1);
  return value ? inside(inside(value)[0]) : [];
}

function inside(one: Der | undefined): Der[] {
  if (one === undefined) throw new TypeError("identityOf: this is no certificate");
  return values(one.body);
}

/** The values that stand one after the other in some bytes. */
function values(bytes: Uint8Array): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++]!;
    let length = bytes[at++]!;
    if (length > 0x80) {
      const end = at + length - 0x80;
      for (length = 0; at < end; at++) length = length * 256 + bytes[at]!;
    }
    if (!(at + length <= bytes.length)) throw new TypeError("identityOf: this is no certificate, or a part of one");
    found.push({ tag, body: bytes.subarray(at, at += length) });
  }
  return found;
}

const text = ({ tag, body }: Der) => new TextDecoder(tag === BMP_STRING ? "utf-16be" : "utf-8").decode(body);
