import { type Certificate, parseCertificate } from "./certificate.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([\sA-Za-z0-9+/=]*)-----END \1-----/;

/**
 * Returns the certificates in a PEM text, in their order.
 *
 * @throws {TypeError} If one can't be read; the message says which.
 */
export function certificatesIn(pem: string): Certificate[] {
  const blocks = [...pem.matchAll(CERTIFICATE)];
  return blocks.map(([, base64], index) => {
    try {
      return parseCertificate(Uint8Array.fromBase64(base64!));
    } catch (cause) {
      throw new TypeError(`certificate ${index + 1} of ${blocks.length} is damaged`, { cause });
    }
  });
}

/** Returns certificates as one PEM text. */
export function pemOf(certificates: readonly Certificate[]): string {
  return certificates.map(({ der }) => block("CERTIFICATE", der.toBase64())).join("");
}

/** Returns the first unencrypted private key in a PEM text, without the rest of the text. */
export function privateKeyIn(pem: string): string | undefined {
  const [, label, base64] = PRIVATE_KEY.exec(pem) ?? [];
  return base64 && block(label!, base64.replace(/\s+/g, ""));
}

/** Returns a PEM block with lines of 64 characters (RFC 7468): some PEM parsers accept no other form. */
function block(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?!$)/g, "$&\n")}\n-----END ${label}-----\n`;
}
