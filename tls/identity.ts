import type { PeerIdentity } from "../rpc/peer.ts";
import { alternativeNames, parseCertificate } from "./certificate.ts";
import { bodyOf, type Der, inside, onlyValue, Tag } from "./der.ts";
import { NameTag } from "./names.ts";

const COMMON_NAME = "550403"; // 2.5.4.3
const SET = 0x31;

/**
 * Returns the names in a certificate.
 *
 * node:tls returns them as one text, which Deno does not quote: a URI that contains `, DNS:admin` reads as a second
 * name. So this function decodes the certificate itself.
 *
 * @param der The certificate in DER, which is verified.
 * @throws {TypeError} If it is not a certificate.
 * @see RFC 5280, section 4.1
 */
export function identityOf(der: Uint8Array): PeerIdentity {
  const certificate = parseCertificate(der);
  const names = alternativeNames(certificate);
  return {
    commonName: commonName(certificate.subject),
    dnsNames: names.filter(({ tag }) => tag === NameTag.DNS).map(text),
    uris: names.filter(({ tag }) => tag === NameTag.URI).map(text),
  };
}

/** Returns the last common name, which is the most specific one. */
function commonName(subject: Uint8Array): string {
  const attributes = inside(onlyValue(subject)).flatMap((set) => inside(set, SET)).map((attribute) =>
    inside(attribute)
  );
  const last = attributes.findLast(([type]) => bodyOf(type, Tag.OBJECT_IDENTIFIER).toHex() === COMMON_NAME);
  return last?.[1] ? text(last[1]) : "";
}

/** Keeps a byte order mark. Without it, the name would read as somebody else's. */
const text = ({ tag, body }: Der) =>
  new TextDecoder(tag === Tag.BMP_STRING ? "utf-16be" : "utf-8", { ignoreBOM: true }).decode(body);
