import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** How code in one file imports another: both are paths, in whose names anything may stand. */
export function specifier(from: string, to: string): string {
  const path = relative(dirname(resolve(from)), resolve(to)).replaceAll("\\", "/");
  return inSpecifier(path.startsWith(".") ? path : `./${path}`);
}

/** A path as a specifier has it: no quotes, blanks or line ends are left in it. */
export const inSpecifier = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent);

/** The same, of a module of this copy of the kit, which need not be on the disk. */
export const kitSpecifier = (from: string, { protocol, href }: URL): string =>
  protocol === "file:" ? specifier(from, fileURLToPath(href)) : href;
