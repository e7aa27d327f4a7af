import { timeOfDay } from "../base/time.ts";
import { type Certificate, ExtensionId, flagOf, parseCertificate } from "./certificate.ts";
import { bodyOf, inside, onlyValue, same, Tag } from "./der.ts";
import { maySignFor } from "./name_constraints.ts";
import { isSignedBy } from "./signature.ts";

/** The role for which a peer presents its certificate. */
export type Purpose = "server" | "client";

/** The most certificates in a path, including the peer's and the authority's. */
const MAX_PATH_CERTIFICATES = 8;
/** The most steps in the search for a path to an authority. The certificates of a peer can form very many paths. */
const MAX_STEPS = 100;
/** The most signatures that a search checks. One may take a few milliseconds. */
const MAX_SIGNATURES = 24;
const SECOND_MS = 1000;
/** id-kp-serverAuth and id-kp-clientAuth. */
const PURPOSES: Record<Purpose, string> = { server: "2b06010505070301", client: "2b06010505070302" };
const KNOWN = new Set<string>(Object.values(ExtensionId));
/** The bit keyCertSign of the key usage. */
const KEY_CERT_SIGN_BIT = 0x04;
const NOBODY = "was not signed by a trusted authority";

/**
 * Returns why a peer's certificate must be rejected; undefined if it is valid.
 *
 * node:tls of Deno 2.9 checks it before, but incompletely: it does not check a resumed session, nor a chain in which a
 * certificate has version 1 or an unusual octet. See docs/upstream/.
 *
 * @param chain The certificates that the peer sent, in DER, its own first.
 * @param authorities The trusted authorities.
 * @param purpose The role of the peer.
 * @param now The time, in milliseconds since 1970.
 * @see RFC 5280, section 6
 */
export function chainProblem(
  chain: readonly Uint8Array[],
  authorities: readonly Certificate[],
  purpose: Purpose,
  now: number = timeOfDay(),
): string | undefined {
  let certificates: Certificate[];
  try {
    certificates = chain.map(parseCertificate);
  } catch (error) {
    return `can't be read: ${(error as Error).message}`;
  }
  const [own, ...others] = certificates;
  if (own === undefined) return "is missing";
  // A client may trust a server's certificate itself, which then needs no authority.
  const search = new Search(others, authorities, purpose, now);
  return authorities.some(({ der }) => same(der, own.der)) ? search.problemOf([own]) : search.from([own]);
}

/** Searches for a path without problems from a certificate to an authority. */
class Search {
  readonly #others: readonly Certificate[];
  readonly #authorities: readonly Certificate[];
  readonly #purpose: Purpose;
  readonly #now: number;
  #steps = MAX_STEPS;
  #signatures = MAX_SIGNATURES;
  /** Whether a certificate was signed by another, cached. */
  readonly #known = new Map<Certificate, Map<Certificate, boolean>>();

  constructor(
    others: readonly Certificate[],
    authorities: readonly Certificate[],
    purpose: Purpose,
    now: number,
  ) {
    this.#others = others;
    this.#authorities = authorities;
    this.#purpose = purpose;
    this.#now = now;
  }

  /** Returns the problem of the best path that begins so; undefined if a path has none. */
  from(path: readonly Certificate[]): string | undefined {
    const { issuer } = path.at(-1)!;
    const issuers = (among: readonly Certificate[]) =>
      among.filter((candidate) => same(candidate.subject, issuer) && !path.includes(candidate));
    let first: string | undefined;
    for (const authority of issuers(this.#authorities)) {
      const problem = this.#steps-- > 0 ? this.problemOf([...path, authority]) : NOBODY;
      if (problem === undefined) return undefined;
      first ??= problem;
    }
    for (const above of path.length < MAX_PATH_CERTIFICATES - 1 ? issuers(this.#others) : []) {
      const problem = this.#steps-- > 0 ? this.from([...path, above]) : NOBODY;
      if (problem === undefined) return undefined;
      first ??= problem;
    }
    return first ?? NOBODY;
  }

  /**
   * Returns the problem of a path: a certificate, those above it, and an authority unless that is the certificate
   * itself.
   */
  problemOf(path: readonly Certificate[]): string | undefined {
    try {
      // From the top, so that no key is used before its own certificate is verified.
      for (let i = path.length - 1; i >= 0; i--) {
        const [certificate, issuer] = [path[i]!, path[i + 1]];
        const problem = this.#problemAt(certificate, issuer, path.length === 1);
        if (problem !== undefined) return problem;
        if (i > 0 && !maySign(certificate, i - 1)) return "was signed by a certificate that is not an authority";
        if (path.slice(i + 1).some((above) => !maySignFor(above, certificate))) {
          return "has a name for which its authority may not sign";
        }
      }
    } catch (error) {
      return `can't be read: ${(error as Error).message}`;
    }
  }

  /** Checks a signature, once for all paths that contain it. */
  #isSigned(certificate: Certificate, issuer: Certificate): boolean {
    const known = this.#known.get(certificate) ?? new Map<Certificate, boolean>();
    this.#known.set(certificate, known);
    if (!known.has(issuer)) known.set(issuer, this.#signatures-- > 0 && isSignedBy(certificate, issuer));
    return known.get(issuer)!;
  }

  /** Returns the problem of one certificate in a path. Only the authority's own may have version 1. */
  #problemAt(certificate: Certificate, issuer: Certificate | undefined, alone: boolean): string | undefined {
    const { notBefore, notAfter, version } = certificate;
    if (this.#now < notBefore) return `is not valid before ${new Date(notBefore).toISOString()}`;
    if (this.#now >= notAfter + SECOND_MS) return `has expired on ${new Date(notAfter).toISOString()}`;
    if (issuer && !this.#isSigned(certificate, issuer)) return NOBODY;
    const isAuthority = !issuer && !alone;
    if (version !== 3 && !isAuthority) return `is of version ${version}, which does not say what it is for`;
    if (hasUnknown(certificate)) return "has a critical extension that is unknown here";
    if (!servesAs(certificate, this.#purpose)) return `may not be used by a ${this.#purpose}`;
  }
}

/**
 * Returns whether a certificate may sign others.
 *
 * @param authority The certificate. Version 1 can't say whether it may: it may if it is one of the trusted authorities.
 * @param between How many authorities are between it and the peer's certificate.
 */
function maySign({ version, extensions }: Certificate, between: number): boolean {
  if (version !== 3) return true;
  const usage = extensions.get(ExtensionId.KEY_USAGE);
  if (usage && !(bodyOf(onlyValue(usage.value, Tag.BIT_STRING), Tag.BIT_STRING)[1]! & KEY_CERT_SIGN_BIT)) return false;
  const basic = extensions.get(ExtensionId.BASIC_CONSTRAINTS);
  const [isAuthority, most] = basic ? inside(onlyValue(basic.value)) : [];
  if (isAuthority?.tag !== Tag.BOOLEAN || !flagOf(isAuthority)) return false;
  return most === undefined || between <= parseInt(bodyOf(most, Tag.INTEGER).toHex(), 16);
}

const hasUnknown = ({ extensions }: Certificate) =>
  extensions.entries().some(([id, { critical }]) => critical && !KNOWN.has(id));

/** Returns whether a certificate is for a purpose. One that names no purpose is for all. */
function servesAs({ extensions }: Certificate, purpose: Purpose): boolean {
  const usage = extensions.get(ExtensionId.EXTENDED_KEY_USAGE);
  return !usage || inside(onlyValue(usage.value)).some(({ body }) => body.toHex() === PURPOSES[purpose]);
}
