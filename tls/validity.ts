import { type Certificate, ExtensionId } from "./certificate.ts";
import { identityOf } from "./identity.ts";
import { certificatesIn } from "./pem.ts";
import { TLS_OPTIONS } from "./words.ts";

/** The problems of certificates at a moment. */
interface Validity {
  /** The current problems, for the log. */
  readonly problems: readonly string[];
  /** When the problems change next, in milliseconds since 1970; Infinity if never. */
  readonly until: number;
}

/**
 * Returns the problems with the dates of one's own certificates and authorities.
 *
 * @param tls The PEM texts, already checked.
 * @param now The time, in milliseconds since 1970.
 * @param names How the problems name the options.
 */
export function validityOf({ cert, ca }: { cert?: string; ca?: string }, now: number, names = TLS_OPTIONS): Validity {
  const all = [...listed(names.cert, cert), ...listed(names.ca, ca)];
  const problems = all.flatMap(([name, { notBefore, notAfter }]) => {
    if (now < notBefore) return [`${name} is not valid before ${new Date(notBefore).toISOString()}`];
    return now > notAfter ? [`${name} has expired on ${new Date(notAfter).toISOString()}`] : [];
  });
  const changes = all.flatMap(([, { notBefore, notAfter }]) => [notBefore, notAfter + 1]).filter((time) => time > now);
  return { problems, until: Math.min(...changes) };
}

/** Returns the certificates of an option, each with its name for messages. */
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

/**
 * Returns whether the first certificate in a PEM text has subject alternative names, the only names that peers compare.
 */
export const hasNames = (pem: string): boolean =>
  certificatesIn(pem).slice(0, 1).every(({ extensions }) => extensions.has(ExtensionId.SUBJECT_ALT_NAME));
