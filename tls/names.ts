import { isIP } from "node:net";
import { alternativeNames, type Certificate } from "./certificate.ts";
import { same } from "./der.ts";

/** The tags of a GeneralName (RFC 5280, section 4.2.1.6). */
export const NameTag = { DNS: 0x82, DIRECTORY: 0xa4, URI: 0x86, IP: 0x87 } as const;

/** The allowed form of a DNS name in a certificate. Names of another form never match a host. */
const DNS_NAME = /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/;

/** The maximum length of a DNS name, in octets. */
const MAX_DNS_NAME_BYTES = 255;

/** Returns a DNS name in lower case; undefined if it is invalid, for example because it contains a NUL. */
export function dnsName(body: Uint8Array): string | undefined {
  if (body.length > MAX_DNS_NAME_BYTES) return undefined;
  const text = String.fromCharCode(...body).toLowerCase();
  return DNS_NAME.test(text) ? text : undefined;
}

/**
 * Returns whether a certificate is for a host. Only the subject alternative names count, as in Go: some authorities do
 * not verify the common name, and name constraints do not cover it.
 *
 * @param host A DNS name, or an IP address without brackets.
 * @see RFC 9525, section 6
 */
export function isFor(certificate: Certificate, host: string): boolean {
  const names = alternativeNames(certificate);
  if (isIP(host)) {
    const octets = ipOctets(host);
    return names.some(({ tag, body }) => tag === NameTag.IP && same(body, octets));
  }
  const wanted = host.toLowerCase().replace(/\.$/, "");
  const parent = wanted.slice(wanted.indexOf(".") + 1);
  return names.some(({ tag, body }) => {
    const name = tag === NameTag.DNS ? dnsName(body) : undefined;
    // A star matches exactly one label, and never a top-level domain.
    return name === wanted || name === `*.${parent}` && parent.includes(".") && parent !== wanted;
  });
}

/** Returns the names that a certificate is for, for a message. */
export function namesOf(certificate: Certificate): string[] {
  return alternativeNames(certificate).flatMap(({ tag, body }) => {
    if (tag === NameTag.IP) return [ipText(body)];
    return tag === NameTag.DNS ? dnsName(body) ?? "a name that is none" : [];
  });
}

/** Returns the octets of an IP address. */
function ipOctets(text: string): Uint8Array {
  if (isIP(text) === 4) return Uint8Array.from(text.split("."), Number);
  // The kit's addresses may have a zone. Certificates have none.
  const groups = new URL(`http://[${text.replace(/%.*/s, "")}]/`).hostname.slice(1, -1);
  const [head, tail] = groups.split("::").map((part) => part === "" ? [] : part.split(":"));
  const zeros = tail === undefined ? [] : Array(8 - head!.length - tail.length).fill("0");
  return Uint8Array.from(
    [...head!, ...zeros, ...tail ?? []].flatMap((group) => {
      const value = parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

function ipText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  if (octets.length !== 16) return "an address that is none";
  const hex = octets.toHex().match(/.{4}/g)!.join(":");
  return new URL(`http://[${hex}]/`).hostname.slice(1, -1);
}
