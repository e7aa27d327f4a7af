import { timeOfDay } from "../base/time.ts";
import { type Certificate, ExtensionId, flagOf, parseCertificate } from "./certificate.ts";
import { bodyOf, inside, onlyValue, same, Tag } from "./der.ts";
import { maySignFor } from "./name_constraints.ts";
import { isSignedBy } from "./signature.ts";

/** What a peer shows its certificate for. */
export type Purpose = "server" | "client";

/** The most certificates between a peer and an authority, with both. */
const MAX_PATH_CERTIFICATES = 8;
/** The most steps in the search of a way to an authority: what a peer sends can lead nowhere in many ways. */
const MAX_STEPS = 100;
/** The most signatures that are checked in it: one may take a few milliseconds. */
const MAX_SIGNATURES = 24;
const SECOND_MS = 1000;
/** id-kp-serverAuth and id-kp-clientAuth. */
const PURPOSES: Record<Purpose, string> = { server: "2b06010505070301", client: "2b06010505070302" };
const KNOWN = new Set<string>(Object.values(ExtensionId));
/** The bit keyCertSign of a key's usage. */
const KEY_CERT_SIGN_BIT = 0x04;
const NOBODY = "was signed by no authority that counts here";

/**
 * Why the certificate that a peer shows must not be believed; undefined if it may be.
 *
 * node:tls of Deno 2.9 has checked it before, but not always: not in a session that was resumed, and not if one of the
 * certificates is of version 1 or has an odd octet. docs/upstream/ says more.
 *
 * @param chain What the peer has sent, in DER: its own certificate first.
 * @param authorities Those that count.
 * @param purpose What the peer is.
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
  // A client may trust a server's own certificate, which then needs no authority.
  const search = new Search(others, authorities, purpose, now);
  return authorities.some(({ der }) => same(der, own.der)) ? search.problemOf([own]) : search.from([own]);
}

/** Looks for a way from a certificate to an authority that has no problem. */
class Search {
  readonly #others: readonly Certificate[];
  readonly #authorities: readonly Certificate[];
  readonly #purpose: Purpose;
  readonly #now: number;
  #steps = MAX_STEPS;
  #signatures = MAX_SIGNATURES;
  /** Whether a certificate was signed by another. */
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

  /** The problem of the best way that begins so: undefined if one has none. */
  from(path: readonly Certificate[]): string | undefined {
    const { issuer } = path.at(-1)!;
    const issuers = (among: readonly Certificate[]) =>
      among.filter((one) => same(one.subject, issuer) && !path.includes(one));
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
   * What is wrong with a path: a certificate, those above it, and an authority if that is not the certificate itself.
   */
  problemOf(path: readonly Certificate[]): string | undefined {
    try {
      // From the top, so that no key is used which nobody has vouched for.
      for (let i = path.length - 1; i >= 0; i--) {
        const [certificate, issuer] = [path[i]!, path[i + 1]];
        const problem = this.#problemAt(certificate, issuer, path.length === 1);
        if (problem !== undefined) return problem;
        if (i > 0 && !maySign(certificate, i - 1)) return "was signed by one that is no authority";
        if (path.slice(i + 1).some((above) => !maySignFor(above, certificate))) {
          return "has a name for which its authority may not sign";
        }
      }
    } catch (error) {
      return `can't be read: ${(error as Error).message}`;
    }
  }

  /** Checks a signature once, however many paths it is part of. */
  #isSigned(certificate: Certificate, issuer: Certificate): boolean {
    const known = this.#known.get(certificate) ?? new Map<Certificate, boolean>();
    this.#known.set(certificate, known);
    if (!known.has(issuer)) known.set(issuer, this.#signatures-- > 0 && isSignedBy(certificate, issuer));
    return known.get(issuer)!;
  }

  /** What is wrong with one certificate of a path: only the authority's own may be of version 1. */
  #problemAt(certificate: Certificate, issuer: Certificate | undefined, alone: boolean): string | undefined {
    const { notBefore, notAfter, version } = certificate;
    if (this.#now < notBefore) return `is not valid before ${new Date(notBefore).toISOString()}`;
    if (this.#now >= notAfter + SECOND_MS) return `has expired on ${new Date(notAfter).toISOString()}`;
    if (issuer && !this.#isSigned(certificate, issuer)) return NOBODY;
    const isAuthority = !issuer && !alone;
    if (version !== 3 && !isAuthority) return `is of version ${version}, which does not say what it is for`;
    if (hasUnknown(certificate)) return "has a critical extension that is unknown here";
    if (!servesAs(certificate, this.#purpose)) return `is not one for a ${this.#purpose}`;
  }
}

/**
 * Whether a certificate may sign others.
 *
 * @param authority The certificate. One of version 1 can't say it: it is an authority if it stands among them.
 * @param between How many authorities stand between it and the certificate that a peer shows.
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

/** Whether a certificate is for this: one that does not say what it is for is for all. */
function servesAs({ extensions }: Certificate, purpose: Purpose): boolean {
  const usage = extensions.get(ExtensionId.EXTENDED_KEY_USAGE);
  return !usage || inside(onlyValue(usage.value)).some((one) => one.body.toHex() === PURPOSES[purpose]);
}
