import type { Declaration } from "../parse/outline.ts";
import { childrenOf, everything, isField } from "../parse/outline.ts";
import { isWellKnown } from "../load/known.ts";
import type { LoadedFile } from "../load/load.ts";
import { type ProtoProblem, refuse } from "../problem.ts";

/**
 * Refuses what protobuf has and the kit does not yet, in a file and in those that its types need. A file whose options
 * alone are used may have it.
 *
 * @param files All files that are on the disk.
 * @param strict Whether to refuse also what works but for a check: proto2's `required`, and its enums, which are
 * closed.
 * @throws {ProtoProblem} If there is any.
 */
export function checkSupported(file: LoadedFile, files: ReadonlyMap<string, LoadedFile>, strict: boolean): void {
  const { own, imported } = findUnsupported(file, files, strict);
  refuse(own, imported);
}

/** Whether a file has nothing of that kind. */
export function isSupported(file: LoadedFile, files: ReadonlyMap<string, LoadedFile>): boolean {
  const { own, imported } = findUnsupported(file, files, false);
  return own.length + imported.length === 0;
}

function findUnsupported(file: LoadedFile, files: ReadonlyMap<string, LoadedFile>, strict: boolean) {
  const imported: ProtoProblem[] = [];
  const seen = new Set([file]);
  for (const one of seen) {
    if (one !== file) imported.push(...unsupportedIn(one, files, strict));
    for (const name of one.imports) if (files.has(name)) seen.add(files.get(name)!);
  }
  return { own: unsupportedIn(file, files, strict), imported };
}

/** What was found, strictly or not. A file is needed by many. */
const found = { strict: new WeakMap<LoadedFile, ProtoProblem[]>(), lax: new WeakMap<LoadedFile, ProtoProblem[]>() };

function unsupportedIn(file: LoadedFile, files: ReadonlyMap<string, LoadedFile>, strict: boolean): ProtoProblem[] {
  const known = strict ? found.strict : found.lax;
  let problems = known.get(file);
  if (problems === undefined) known.set(file, problems = [...unsupported(file, files, strict)]);
  return problems;
}

function* unsupported(
  { source, outline, references }: LoadedFile,
  files: ReadonlyMap<string, LoadedFile>,
  strict: boolean,
): Generator<ProtoProblem, void> {
  const [edition] = childrenOf(outline, "edition");
  if (edition) {
    yield source.problem(edition.name.at, `editions are not supported; begin the file with: syntax = "proto3";`);
  }
  for (const one of everything(outline)) {
    if (/(^|\.)__proto__(\.|$)/.test(one.name.text) && !/^(field|oneof)$/.test(one.kind)) {
      yield source.problem(one.name.at, "__proto__ can't be a name in TypeScript; take another");
    }
    if (one.parent?.kind === "extend" || one.kind === "extend") continue;
    if (one.kind === "group") {
      yield source.problem(one.type!.at, `groups are not supported; make ${one.name.text} a message and a field of it`);
    }
    for (const part of ["type", "output"] as const) {
      const symbol = references.get(one)?.[part];
      if (symbol && !files.has(symbol.file) && !isWellKnown(symbol.file)) {
        const text = `the types of ${symbol.file} do not come with Dinokit; get the file, name its folder with -I, ` +
          "and generate it too";
        yield source.problem(importOf(outline, symbol.file) ?? one[part]!.at, text);
      }
      if (strict && symbol?.closed && symbol.kind === "enum") {
        const text =
          `${one.type!.text} is an enum of proto2, which keeps unknown numbers apart; that is not supported: ` +
          "move the enum to a file of proto3";
        yield source.problem(one[part]!.at, text);
      }
    }
    if (strict && isField(one) && one.label?.text === "required") {
      yield source.problem(
        one.label.at,
        `required is not supported; make ${one.name.text} optional, which is the same in bytes`,
      );
    }
  }
}

const importOf = (outline: Declaration, file: string): number | undefined =>
  childrenOf(outline, "import").find(({ name }) => name.text.slice(1, -1) === file)?.name.at;
