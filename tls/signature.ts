import { Buffer } from "node:buffer";
import process from "node:process";
import type { Certificate } from "./certificate.ts";

/** The shortest RSA key that is accepted, in bits. */
const MIN_RSA_BITS = 2048;

/** The kind of key and the hash of a signature. The accepted schemes include neither SHA-1 nor MD5. */
interface Scheme {
  readonly key: "ec" | "rsa" | "ed25519";
  readonly hash: string | null;
  readonly pss?: true;
}

/** The accepted schemes, by the octets of their AlgorithmIdentifier in hexadecimal. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ["300a06082a8648ce3d040302", { key: "ec", hash: "sha256" }],
  ["300a06082a8648ce3d040303", { key: "ec", hash: "sha384" }],
  ["300a06082a8648ce3d040304", { key: "ec", hash: "sha512" }],
  ["300d06092a864886f70d01010b0500", { key: "rsa", hash: "sha256" }],
  ["300d06092a864886f70d01010c0500", { key: "rsa", hash: "sha384" }],
  ["300d06092a864886f70d01010d0500", { key: "rsa", hash: "sha512" }],
  [pss("01", 32), { key: "rsa", hash: "sha256", pss: true }],
  [pss("02", 48), { key: "rsa", hash: "sha384", pss: true }],
  [pss("03", 64), { key: "rsa", hash: "sha512", pss: true }],
  ["300506032b6570", { key: "ed25519", hash: null }],
]);

/**
 * Returns the AlgorithmIdentifier of RSASSA-PSS with one hash for both purposes, and a salt as long as the hash (RFC
 * 8446, section 4.2.3).
 */
function pss(hash: string, salt: number): string {
  const algorithm = `300d06096086480165030402${hash}0500`;
  const mask = `301a06092a864886f70d010108${algorithm}`;
  return `304106092a864886f70d01010a3034a00f${algorithm}a11c${mask}a2030201${salt.toString(16)}`;
}

/**
 * Returns whether a certificate was signed by the key of another.
 *
 * @param certificate The signed certificate.
 * @param issuer The certificate with the key.
 */
export function isSignedBy({ algorithm, signed, signature }: Certificate, issuer: Certificate): boolean {
  const scheme = SCHEMES.get(algorithm.toHex());
  if (scheme === undefined) return false;
  const { constants, createPublicKey, verify } = process.getBuiltinModule("node:crypto");
  try {
    const key = createPublicKey({ key: Buffer.from(issuer.key), format: "der", type: "spki" });
    if (key.asymmetricKeyType !== scheme.key) return false;
    if (scheme.key === "rsa" && !(key.asymmetricKeyDetails!.modulusLength! >= MIN_RSA_BITS)) return false;
    const padding = scheme.pss &&
      { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(scheme.hash!.slice(3)) / 8 };
    return verify(scheme.hash, signed, padding ? { key, ...padding } : key, signature);
  } catch {
    return false; // a key or a signature that can't be read
  }
}
