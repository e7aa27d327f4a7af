import { basename, dirname, join, resolve } from "node:path";
import { fileName, inSpecifier, kitSpecifier } from "../generate/specifier.ts";
import { readText } from "../files.ts";

/**
 * Returns the specifier of the kit that the project imports.
 *
 * @param module The flag `--module`: a URL, a path from the project's folder, or the specifier of such a path.
 * @param root The project's folder.
 * @throws {TypeError} If the flag is neither, or there is no such file.
 */
export function moduleOf(module: string | undefined, root: string): string {
  if (module === undefined) {
    return kitSpecifier(join(realPath(root), "deno.json"), new URL("../../mod.ts", import.meta.url));
  }
  if (/^\.{0,2}\//.test(module)) {
    if (readText(resolve(root, module)) !== undefined) return inSpecifier(module);
    // The user may repeat what is in deno.json, which is encoded.
    if (readText(resolve(root, fileName(module))) !== undefined) return module;
    throw new TypeError(`--module ${module}: no such file, seen from ${root}/`);
  }
  if (/^(https?|file|jsr|npm):./.test(module)) return module;
  throw new TypeError(
    `--module is ${module}; use a URL, a path from the project's folder that begins with ./ or ../, or jsr:@scope/name`,
  );
}

/** Resolves the links in the part of a path that exists. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const whole = resolve(path);
    return join(realPath(dirname(whole)), basename(whole));
  }
}
