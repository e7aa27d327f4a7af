import { type Certificate, ExtensionId } from "./certificate.ts";
import { identityOf } from "./identity.ts";
import { certificatesIn } from "./pem.ts";

/** How certificates stand at a moment. */
interface Validity {
  /** What is wrong now, for the log. */
  readonly problems: readonly string[];
  /** When that changes next, in milliseconds since 1970; Infinity if never. */
  readonly until: number;
}

/**
 * What is wrong with the dates of own certificates and authorities.
 *
 * @param tls The PEM texts, which were checked.
 * @param now In milliseconds since 1970.
 */
export function validityOf({ cert, ca }: { cert?: string; ca?: string }, now: number): Validity {
  const all = [...listed("tls.cert", cert), ...listed("tls.ca", ca)];
  const problems = all.flatMap(([name, { notBefore, notAfter }]) => {
    if (now < notBefore) return [`${name} is not valid before ${new Date(notBefore).toISOString()}`];
    return now > notAfter ? [`${name} has expired on ${new Date(notAfter).toISOString()}`] : [];
  });
  const changes = all.flatMap(([, { notBefore, notAfter }]) => [notBefore, notAfter + 1]).filter((time) => time > now);
  return { problems, until: Math.min(...changes) };
}

/** The certificates of an option, with what a message calls them. */
function listed(option: string, pem: string | undefined): [string, Certificate][] {
  const certificates = pem === undefined ? [] : certificatesIn(pem);
  return certificates.map((certificate, index) => {
    const place = certificates.length > 1 ? `certificate ${index + 1} of ${certificates.length} in ${option}` : option;
    return [`${place} (${labelOf(certificate)})`, certificate];
  });
}

function labelOf({ der }: Certificate): string {
  try {
    const { commonName, dnsNames, uris } = identityOf(der);
    return JSON.stringify(commonName || dnsNames[0] || uris[0] || "without a name");
  } catch {
    return "with a name that can't be read";
  }
}

/** Whether the own certificate in a PEM text has names that others can compare. */
export const hasNames = (pem: string): boolean =>
  certificatesIn(pem).slice(0, 1).every(({ extensions }) => extensions.has(ExtensionId.SUBJECT_ALT_NAME));
