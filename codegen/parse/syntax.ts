import { childrenOf, type Declaration } from "./outline.ts";
import { textOf } from "./strings.ts";
import type { Source } from "./tokens.ts";

/** Which language a file is written in. */
export type Syntax = "proto2" | "proto3" | "editions";

/** The editions that protoc knows. */
const EDITIONS = ["2023", "2024"];

/**
 * The language of a file; one that does not say it is proto2.
 *
 * @throws {ProtoProblem} If there is no such language.
 */
export function syntaxOf(source: Source, file: Declaration): Syntax {
  const [first] = childrenOf(file, "syntax", "edition");
  if (first === undefined) return "proto2";
  const name = textOf(first.name);
  if (first.kind === "syntax" && (name === "proto2" || name === "proto3")) return name;
  if (first.kind === "edition" && EDITIONS.includes(name)) return "editions";
  throw source.problem(first.name.at, `there is no ${first.kind} ${name}; begin the file with: syntax = "proto3";`);
}
