import { alternativeNames, type Certificate, ExtensionId } from "./certificate.ts";
import { type Der, inside, onlyValue, valuesIn } from "./der.ts";
import { dnsName, NameTag } from "./names.ts";

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;

/**
 * Returns whether an authority may sign for the names of a certificate below it. The function compares DNS names and IP
 * addresses. It rejects a certificate that has a name of another kind for which the authority has constraints.
 *
 * @throws {TypeError} If the constraints can't be read.
 * @see RFC 5280, section 4.2.1.10
 */
export function maySignFor(authority: Certificate, certificate: Certificate): boolean {
  const extension = authority.extensions.get(ExtensionId.NAME_CONSTRAINTS);
  if (extension === undefined) return true;
  const trees = inside(onlyValue(extension.value));
  if (trees.length === 0 || trees.some(({ tag }) => tag !== PERMITTED && tag !== EXCLUDED)) {
    throw new TypeError("these constraints on names are damaged");
  }
  const basesOf = (wanted: number) =>
    trees.filter(({ tag }) => tag === wanted).flatMap(({ body }) => valuesIn(body)).map(baseOf);
  const [permitted, excluded] = [basesOf(PERMITTED), basesOf(EXCLUDED)];
  return namesIn(certificate).every((name) => {
    const ofKind = ({ tag }: Der) => tag === name.tag;
    if (excluded.filter(ofKind).some((base) => covers(base, name) !== false)) return false;
    const allowed = permitted.filter(ofKind);
    return allowed.length === 0 || allowed.some((base) => covers(base, name) === true);
  });
}

/** Returns the base of a GeneralSubtree. Nobody uses its distances. */
function baseOf(subtree: Der): Der {
  const [base, ...more] = inside(subtree);
  if (!base || more.length > 0) throw new TypeError("these constraints on names have distances");
  return base;
}

/** Returns all names. A subject that is not empty counts as a directory name. */
function namesIn(certificate: Certificate): Der[] {
  const subject = onlyValue(certificate.subject);
  return [
    ...alternativeNames(certificate),
    ...(subject.body.length > 0 ? [{ tag: NameTag.DIRECTORY, body: subject.whole, whole: subject.whole }] : []),
  ];
}

/** Returns whether a base covers a name; undefined if it covers the name partly, or if that is unknown. */
function covers(base: Der, name: Der): boolean | undefined {
  if (name.tag === NameTag.IP) return coversAddress(base.body, name.body);
  if (name.tag !== NameTag.DNS) return undefined;
  const text = dnsName(name.body);
  const domain = String.fromCharCode(...base.body.subarray(0, 256)).toLowerCase();
  if (text === undefined) return undefined;
  if (domain === "") return true;
  const suffix = domain.startsWith(".") ? domain : `.${domain}`;
  const star = text.startsWith("*.");
  if (text.endsWith(suffix) || !star && text === domain) return true;
  // "*.a.test" may stand for "b.a.test", which is within that base. A deeper base counts in the same way, to be safe.
  return star && suffix.endsWith(text.slice(1)) ? undefined : false;
}

function coversAddress(base: Uint8Array, address: Uint8Array): boolean | undefined {
  if (base.length !== 8 && base.length !== 32) return undefined;
  const half = base.length / 2;
  if (address.length !== half) return false;
  return address.every((octet, i) => (octet & base[half + i]!) === (base[i]! & base[half + i]!));
}
