import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Returns the specifier by which code in one file imports another. The paths may contain any characters. */
export function specifier(from: string, to: string): string {
  const path = relative(dirname(resolve(from)), resolve(to)).replaceAll("\\", "/");
  return inSpecifier(path.startsWith(".") ? path : `./${path}`);
}

/** Encodes a path as a specifier, without quotes, blanks or line breaks. */
export const inSpecifier = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent);

/** Returns the path that a specifier encodes. A text that is no valid specifier is returned as it is. */
export function fileName(specifier: string): string {
  try {
    return decodeURIComponent(specifier);
  } catch {
    return specifier;
  }
}

/** Returns the specifier of a module of this copy of the kit, which may be on a web server rather than on disk. */
export const kitSpecifier = (from: string, { protocol, href }: URL): string =>
  protocol === "file:" ? specifier(from, fileURLToPath(href)) : href;
