import type { MessageJson } from "../../codec/descriptor/json_types.ts";
import type { Syntax } from "../parse/syntax.ts";
import { undeclared } from "./declarations.ts";
import { checkFieldNumber } from "./numbers.ts";
import { numberOf } from "../parse/numbers.ts";
import { childrenOf, type Declaration, everything } from "../parse/outline.ts";
import type { ProtoProblem } from "../problem.ts";
import type { References } from "../resolve/references.ts";
import type { Source } from "../parse/tokens.ts";

/** Finds extensions that do not fit what they extend. */
export function* checkExtensions(
  source: Source,
  file: Declaration,
  syntax: Syntax,
  references: ReadonlyMap<Declaration, References>,
): Generator<ProtoProblem, void> {
  const numbers = new Map<string, Declaration>();
  for (const extend of everything(file).filter(({ kind }) => kind === "extend")) {
    const message = references.get(extend)!.type!;
    const isOption = /^google\.protobuf\.\w+Options$/.test(message.fullName);
    if (syntax === "proto3" && !isOption) {
      yield source.problem(extend.name.at, "proto3 has extensions for options only; use google.protobuf.Any");
    }
    const { extensionRange = [] } = message.json as MessageJson;
    for (const field of childrenOf(extend, "field", "group")) {
      const isSet = (message.json as MessageJson).options?.messageSetWireFormat === true;
      if (!isSet) yield* checkFieldNumber(source, field);
      else if (
        field.label?.text !== "optional" || field.kind === "field" && references.get(field)?.type?.kind !== "message"
      ) {
        const text = `extensions of ${message.fullName}, which has message_set_wire_format, are optional messages`;
        yield source.problem(field.type!.at, `${text}; make ${field.name.text} one`);
      }
      const value = numberOf(field.number!.text);
      const isKept = extensionRange.some(({ start = 0, end = 0 }) => start <= value && value < end);
      if (!isKept) {
        const text = `${message.fullName} does not keep the number ${value} for extensions; take another`;
        yield source.problem(field.number!.at, text);
      }
      const wrong = isKept && undeclared(message.declaration!, field, references);
      if (wrong) yield source.problem(field.number!.at, wrong);
      const key = `${message.fullName} ${value}`;
      const other = numbers.get(key);
      if (other) {
        yield source.problem(field.number!.at, `${other.name.text} has the number ${value} already; take another`);
      }
      numbers.set(key, field);
    }
  }
}
