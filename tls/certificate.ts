import { bitsOf, bodyOf, type Der, inside, onlyValue, same, Tag, timeOf, valuesIn } from "./der.ts";

/** An extension of a certificate. */
export interface Extension {
  /** Whether a reader that does not know the extension must reject the certificate. */
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** The extensions that the kit reads, by the octets of their identifier in hexadecimal (2.5.29.x). */
export const ExtensionId = {
  KEY_USAGE: "551d0f",
  SUBJECT_ALT_NAME: "551d11",
  BASIC_CONSTRAINTS: "551d13",
  NAME_CONSTRAINTS: "551d1e",
  EXTENDED_KEY_USAGE: "551d25",
} as const;

/** A decoded certificate. Nothing of it is verified. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The version, from 1 to 3. Only version 3 can say what the certificate is for. */
  readonly version: number;
  /** The part that the issuer has signed. */
  readonly signed: Uint8Array;
  /** The algorithm of the signature: an AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The first moment at which it is valid, in milliseconds since 1970. */
  readonly notBefore: number;
  /** The last moment at which it is valid, in milliseconds since 1970. */
  readonly notAfter: number;
  /** The public key: a SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
  readonly extensions: ReadonlyMap<string, Extension>;
}

const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;

/**
 * Decodes a certificate.
 *
 * @param der The octets of the certificate.
 * @throws {TypeError} If they are not a certificate in strict DER.
 * @see RFC 5280, section 4.1
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const [content, algorithm, signature, ...more] = inside(onlyValue(der));
  const fields = inside(content);
  const version = fields[0]?.tag === VERSION ? versionOf(fields.shift()!) : 1;
  const [serial, inner, issuer, validity, subject, key, ...rest] = fields;
  bodyOf(serial, Tag.INTEGER);
  const [notBefore, notAfter, ...others] = inside(validity);
  while (version > 1 && [ISSUER_UNIQUE_ID, SUBJECT_UNIQUE_ID].includes(rest[0]?.tag!)) rest.shift();
  const extensions = version === 3 && rest[0]?.tag === EXTENSIONS ? extensionsOf(rest.shift()!) : new Map();
  for (const sequence of [algorithm, issuer, subject, key]) bodyOf(sequence, Tag.SEQUENCE);
  if (more.length + rest.length + others.length > 0 || !inner || !same(inner.whole, algorithm!.whole)) {
    throw new TypeError("this certificate is damaged");
  }
  return {
    der,
    version,
    signed: content!.whole,
    algorithm: algorithm!.whole,
    signature: bitsOf(signature),
    issuer: issuer!.whole,
    subject: subject!.whole,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    key: key!.whole,
    extensions,
  };
}

function versionOf(explicit: Der): number {
  const body = onlyValue(explicit.body, Tag.INTEGER).body;
  if (body.length !== 1 || body[0]! < 1 || body[0]! > 2) throw new TypeError("this certificate has no known version");
  return body[0]! + 1;
}

function extensionsOf(explicit: Der): Map<string, Extension> {
  const found = new Map<string, Extension>();
  for (const extension of inside(onlyValue(explicit.body))) {
    const parts = inside(extension);
    const id = bodyOf(parts.shift(), Tag.OBJECT_IDENTIFIER).toHex();
    const critical = parts[0]?.tag === Tag.BOOLEAN ? flagOf(parts.shift()) : false;
    if (parts.length !== 1 || found.has(id)) throw new TypeError("this certificate has a damaged extension");
    found.set(id, { critical, value: bodyOf(parts[0], Tag.OCTET_STRING) });
  }
  return found;
}

/** Returns the value of a BOOLEAN. True has all bits set (X.690, section 11.1). */
export function flagOf(value: Der | undefined): boolean {
  const body = bodyOf(value, Tag.BOOLEAN);
  if (body.length !== 1 || body[0] !== 0 && body[0] !== 0xff) throw new TypeError("this certificate is damaged");
  return body[0] === 0xff;
}

/** Returns the subject alternative names, each a GeneralName with its tag. */
export function alternativeNames({ extensions }: Certificate): Der[] {
  const extension = extensions.get(ExtensionId.SUBJECT_ALT_NAME);
  return extension ? valuesIn(onlyValue(extension.value).body) : [];
}
