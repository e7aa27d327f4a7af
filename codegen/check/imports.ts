import type { FileJson } from "../../codec/descriptor/json_types.ts";
import type { LoadedFile } from "../load/loaded_file.ts";
import { childrenOf, type Declaration } from "../parse/outline.ts";
import type { ProtoProblem } from "../problem.ts";
import type { Source } from "../parse/tokens.ts";

/**
 * What is wrong with an import; undefined if nothing is.
 *
 * @param name The name that it has.
 * @param from The file that imports.
 * @param path The files that are being loaded, `from` the last of them.
 * @param isThere Whether there is such a file.
 */
export function checkImport(
  name: string,
  from: string,
  path: ReadonlySet<string>,
  isThere: boolean,
): string | undefined {
  if (name === from) return "the file imports itself; remove the import";
  if (path.has(name)) {
    const files = [...path];
    const circle = [...files.slice(files.indexOf(name)), name].join(" -> ");
    return `the imports form a circle: ${circle}; move what both need to a third file`;
  }
  if (hasControls(name)) return CONTROLS;
  if (name.includes("\\") || name.split("/").some((part) => /^\.{0,2}$/.test(part))) {
    return "an import is a path from a folder of -I, without . or .. in it; write it so and add the folder with -I";
  }
  return isThere ? undefined : `there is no file ${name}; check the name or add its folder with -I`;
}

const isLite = ({ options }: FileJson) => options?.optimizeFor === "LITE_RUNTIME";

/**
 * Finds imports of files for the lite runtime in a file that is not, as protoc does: the former have no descriptors
 * there.
 */
export function* checkLite(
  source: Source,
  outline: Declaration,
  file: FileJson,
  dependencies: readonly LoadedFile[],
): Generator<ProtoProblem, void> {
  if (isLite(file)) return;
  for (const [i, { name }] of childrenOf(outline, "import").entries()) {
    if (!isLite(dependencies[i]!.descriptor)) continue;
    yield source.problem(
      name.at,
      "the file is for the lite runtime; write here too: option optimize_for = LITE_RUNTIME;",
    );
  }
}

/** What is said of such a name. */
export const CONTROLS = "the name of a file can't hold control characters or line ends; rename the file";

/**
 * Whether a text holds control characters, or others that end lines: nobody sees what they do to a terminal or to code.
 */
export const hasControls = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text);
