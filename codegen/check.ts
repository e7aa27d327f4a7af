import { protobuf } from "../deps.ts";
import { fieldName, localName } from "../codec/local_name.ts";
import { checkOptions } from "./check_options.ts";
import { checkNumbers } from "./check_numbers.ts";
import { childrenOf, type Declaration, everything, fieldsOf, textOf } from "./outline.ts";
import type { ProtoProblem } from "./problem.ts";
import type { Source } from "./tokens.ts";

/** Which language a file is written in. */
export type Syntax = "proto2" | "proto3";

/** Finds what is wrong in a file by itself. @returns Its language. */
export function* checkFile(source: Source, file: Declaration): Generator<ProtoProblem, Syntax> {
  const syntax = yield* syntaxOf(source, file);
  yield* checkOnce(source, file);
  const isSaid = childrenOf(file, "syntax").length > 0;
  if (!isSaid) yield* checkWithoutSyntax(source, file);
  for (const one of everything(file)) {
    yield* checkNames(source, one, syntax);
    yield* checkNumbers(source, one, syntax);
    yield* checkOptions(source, one, syntax);
    if (one.kind === "field" || one.kind === "group") yield* checkField(source, one, isSaid ? syntax : undefined);
    if (/(^|\.)__proto__(\.|$)/.test(one.name.text) && !/^(field|oneof)$/.test(one.kind)) {
      yield source.problem(one.name.at, "__proto__ can't be a name in TypeScript; take another");
    }
    if (one.kind === "oneof" && one.children.length === 0) {
      yield source.problem(one.name.at, `oneof ${one.name.text} has no fields; give it one or remove it`);
    }
    if (one.kind === "extensions" && syntax === "proto3") {
      yield source.problem(one.name.at, "proto3 has no extensions; remove the line, or use google.protobuf.Any");
    }
  }
  return syntax;
}

/** A file that does not say its language is proto2. */
function* syntaxOf(source: Source, file: Declaration): Generator<ProtoProblem, Syntax> {
  const [syntax] = childrenOf(file, "syntax");
  if (syntax === undefined) return "proto2";
  if (syntax !== file.children[0]) {
    yield source.problem(syntax.name.at, "the syntax comes too late; make it the first line");
  }
  const name = textOf(syntax.name);
  if (name === "proto2" || name === "proto3") return name;
  yield source.problem(syntax.name.at, `there is no syntax ${name}; begin the file with: syntax = "proto3";`);
  return "proto3";
}

/** What a file says once. */
function* checkOnce(source: Source, file: Declaration): Generator<ProtoProblem, void> {
  const [, syntax] = childrenOf(file, "syntax");
  if (syntax) yield source.problem(syntax.name.at, "the syntax is said twice; remove this one");
  const [, second] = childrenOf(file, "package");
  if (second) yield source.problem(second.name.at, "a file has one package only; remove this one");
  const imports = new Set<string>();
  for (const { name } of childrenOf(file, "import")) {
    const text = textOf(name);
    if (imports.has(text)) yield source.problem(name.at, `${text} is imported twice; remove this line`);
    imports.add(text);
  }
}

/** No two things in one scope have one name. An enum's values are in the scope of the enum. */
function* checkNames(source: Source, scope: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  const names = new Map<string, Declaration>();
  const addAll = function* (owner: Declaration): Generator<ProtoProblem, void> {
    for (const one of owner.children) {
      if (["message", "enum", "service", "rpc", "oneof", "field", "group", "value"].includes(one.kind)) yield* add(one);
      if (["oneof", "extend"].includes(one.kind)) yield* addAll(one);
      if (one.kind === "enum") { for (const value of childrenOf(one, "value")) yield* add(value); }
    }
  };
  const add = function* (one: Declaration): Generator<ProtoProblem, void> {
    const before = names.get(one.name.text);
    if (before) {
      const line = source.lineAt(before.name.at);
      const value = one.kind === "value" || before.kind === "value"
        ? " (an enum's values share the scope of the enum)"
        : "";
      yield source.problem(one.name.at, `${one.name.text} is declared in line ${line} already; rename one${value}`);
    }
    names.set(one.name.text, before ?? one);
  };
  if (["file", "message", "group", "service"].includes(scope.kind)) yield* addAll(scope);
  if (scope.kind === "message" || scope.kind === "group") {
    const oneofs = childrenOf(scope, "oneof");
    yield* checkAlike(source, [...fieldsOf(scope), ...oneofs], "fields", fieldName);
    yield* checkJsonNames(source, fieldsOf(scope), syntax);
  }
  if (scope.kind === "service") yield* checkAlike(source, childrenOf(scope, "rpc"), "methods", localName);
}

/** No two have the same name in TypeScript. */
function* checkAlike(
  source: Source,
  all: Declaration[],
  what: string,
  local: (name: string) => string,
): Generator<ProtoProblem, void> {
  const names = new Map<string, string>();
  for (const { name } of all) {
    const one = local(name.text);
    const other = names.get(one);
    // That of one name is said already.
    if (other && other !== name.text) {
      yield source.problem(
        name.at,
        `the ${what} ${other} and ${name.text} would both be ${one} in TypeScript; rename one`,
      );
    }
    names.set(one, name.text);
  }
}

/** No two fields have the same name in JSON, where one would take the place of the other. As in protoc, proto2 may, by chance. */
function* checkJsonNames(source: Source, fields: Declaration[], syntax: Syntax): Generator<ProtoProblem, void> {
  const names = new Map<string, { name: string; isGiven: boolean }>();
  for (const { name: { at, text: name }, options } of fields) {
    const given = options.find((option) => option.name === "json_name")?.value;
    const json = given ? textOf(given) : protobuf.util.jsonName(name);
    const other = names.get(json);
    const isSaid = other && fieldName(other.name) === fieldName(name);
    if (other && !isSaid && (syntax === "proto3" || given || other.isGiven)) {
      yield source.problem(
        given?.at ?? at,
        `the fields ${other.name} and ${name} would both be ${json} in JSON; rename one`,
      );
    }
    names.set(json, { name, isGiven: given !== undefined });
  }
}

const KEYS = /^(string|bool|u?int32|u?int64|sint32|sint64|s?fixed32|s?fixed64)$/;

function* checkField(source: Source, field: Declaration, syntax: Syntax | undefined): Generator<ProtoProblem, void> {
  const { kind, name, label, type, keyType, parent } = field;
  if (kind === "group") {
    yield source.problem(type!.at, `groups are not supported; make ${name.text} a message and a field of it`);
    return;
  }
  const inOneof = parent!.kind === "oneof";
  if (label && (inOneof || keyType)) {
    yield source.problem(label.at, `${inOneof ? "a field of a oneof" : "a map"} has no label; remove ${label.text}`);
  }
  if (keyType && (inOneof || parent!.kind === "extend")) {
    const where = inOneof ? "in a oneof" : "as an extension";
    yield source.problem(type!.at, `a map can't stand ${where}; put it in a message and use that`);
  }
  if (keyType && !KEYS.test(keyType.text)) {
    yield source.problem(
      keyType.at,
      `${keyType.text} can't be the type of a map's keys; use a string, bool or integer type`,
    );
  }
  if (syntax === "proto3" && !inOneof && label?.text === "required") {
    yield source.problem(label.at, "proto3 has no required fields; remove required");
  }
  if (syntax === "proto2" && lacksLabel(field)) yield source.problem(type!.at, NO_LABEL);
}

const NO_LABEL = "a field of proto2 needs a label; write optional, repeated or required before its type";

const lacksLabel = ({ kind, label, keyType, parent }: Declaration) =>
  kind === "field" && !label && !keyType && parent!.kind !== "oneof";

/** The files of many are of proto3, and don't say so: that is said once. */
function* checkWithoutSyntax(source: Source, file: Declaration): Generator<ProtoProblem, void> {
  const field = everything(file).find(lacksLabel);
  if (field) yield source.problem(field.type!.at, `${NO_LABEL}, or begin the file with: syntax = "proto3";`);
}
