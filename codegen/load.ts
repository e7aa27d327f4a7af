import { PROTO_NAME } from "../codec/descriptor/oneof_name.ts";
import { protobuf } from "../deps.ts";
import { checkFile } from "./check.ts";
import { lineOf, lineOfDuplicate, literal, ProtoProblem, withoutComments } from "./problem.ts";

/** A parsed .proto file. */
export interface LoadedFile {
  /** Its path, as imports name it. */
  readonly name: string;
  readonly source: string;
  /** What it declares, and nothing else; not resolved. */
  readonly own: protobuf.Root;
  readonly imports: readonly string[];
  /** Those of them that whoever imports it gets as well. */
  readonly publicImports: readonly string[];
}

/** The path of a well-known file that comes with the kit. */
export const isWellKnown = (name: string): boolean =>
  name.startsWith("google/protobuf/") && protobuf.common.get(name) !== null;

/**
 * Parses a file and all that it imports.
 *
 * @param name The file, as an import would name it.
 * @param read Gives the text of a file, or undefined if there is none.
 * @returns The files by name, those that are imported first. Well-known files are not among them.
 * @throws {ProtoProblem} If one has a mistake.
 */
export function loadProto(name: string, read: (name: string) => string | undefined): Map<string, LoadedFile> {
  const files = new Map<string, LoadedFile>();
  load(name, read, files, []);
  return files;
}

function load(
  name: string,
  read: (name: string) => string | undefined,
  files: Map<string, LoadedFile>,
  path: string[],
): void {
  const source = read(name);
  if (source === undefined) throw new ProtoProblem(name, 1, "no such file");
  const { own, imports } = parse(name, source);
  const code = withoutComments(source);
  const publicImports = imports.filter((one) => importOf(one, "public\\s+").test(code));
  for (const other of imports) {
    if (files.has(other) || isWellKnown(other)) continue;
    const line = lineOf(source, importOf(other));
    if (other === name) throw new ProtoProblem(name, line, `the file imports itself; remove the import`);
    if (path.includes(other)) {
      throw new ProtoProblem(name, line, `the imports form a circle: ${[...path, name, other].join(" -> ")}`);
    }
    if (read(other) === undefined) {
      throw new ProtoProblem(
        name,
        line,
        `import ${JSON.stringify(other)}: no such file; check the name or add its folder with -I`,
      );
    }
    load(other, read, files, [...path, name]);
  }
  files.set(name, { name, source, own, imports, publicImports });
}

/** The declaration that imports a file. */
const importOf = (name: string, kind = "(\\w+\\s+)?") => new RegExp(`\\bimport\\s+${kind}["']${literal(name)}["']`);

function parse(name: string, source: string): { own: protobuf.Root; imports: string[] } {
  const own = new protobuf.Root();
  let imports: string[] | undefined;
  try {
    ({ imports } = protobuf.parse(source, own, { alternateCommentMode: true }));
  } catch (error) {
    const { message } = error as Error;
    const line = Number(/line (\d+)/.exec(message)?.[1] ?? lineOfDuplicate(source, message));
    throw new ProtoProblem(name, line, message.replace(/\s*\([^()]*line \d+\)/, ""));
  }
  if (!/^\s*syntax\s*=\s*["']proto3["']/m.test(source)) {
    throw new ProtoProblem(
      name,
      lineOf(source, /^\s*(syntax|edition)\s*=/m),
      `only proto3 is supported; begin with: syntax = "proto3";`,
    );
  }
  checkFile(name, source, own);
  keepNames(own, protobuf.parse(source, new protobuf.Root(), { keepCase: true }).root);
  return { own, imports: [...new Set(imports)] };
}

/** Notes what oneofs are called in the .proto, where that is not in camel case: protobufjs does so for fields only. */
function keepNames(own: protobuf.NamespaceBase, original: protobuf.NamespaceBase): void {
  for (const one of own.nestedArray) {
    const other = original.get(one.name);
    if (one instanceof protobuf.Type && other instanceof protobuf.Type) {
      one.oneofsArray.forEach((oneof, i) => {
        const { name } = other.oneofsArray[i]!;
        if (name !== oneof.name && !oneof.isProto3Optional) oneof.setOption(PROTO_NAME, name);
      });
    }
    if (one instanceof protobuf.Namespace && other instanceof protobuf.Namespace) keepNames(one, other);
  }
}
