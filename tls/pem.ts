import { type Certificate, parseCertificate } from "./certificate.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, in the order in which they stand there. Those that can't be read throw a TypeError. */
export function certificatesIn(pem: string): Certificate[] {
  return Array.from(pem.matchAll(CERTIFICATE), ([, base64]) => {
    try {
      return parseCertificate(Uint8Array.fromBase64(base64!));
    } catch (cause) {
      throw new TypeError("a certificate can't be read", { cause });
    }
  });
}
