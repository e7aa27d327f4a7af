import { checkDeclarations } from "./declarations.ts";
import { checkEnum, checkMessageNumbers } from "./numbers.ts";
import { jsonNameOf } from "../../codec/json_name.ts";
import {
  childrenOf,
  type Declaration,
  everything,
  fieldNameOf,
  fieldsOf,
  isField,
  isMessageSet,
} from "../parse/outline.ts";
import type { ProtoProblem } from "../problem.ts";
import { textOf } from "../parse/strings.ts";
import type { Syntax } from "../parse/syntax.ts";
import type { Source } from "../parse/tokens.ts";

/** The most characters of a name with all that it is in, as in protoc. */
export const MAX_NAME_CHARACTERS = 65_535;

/** Finds what is wrong in a file by itself. */
export function* checkFile(source: Source, file: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  yield* checkOnce(source, file, syntax);
  yield* checkLabels(source, file, syntax);
  for (const one of everything(file)) {
    if (one.kind === "message" || one.kind === "group") {
      yield* checkMessageNumbers(source, one);
      yield* checkJsonNames(source, one, syntax);
    }
    if (one.kind === "message") {
      yield* checkMessageSet(source, one, syntax);
      yield* checkDeclarations(source, one);
    }
    if (one.options.length > 0) yield* checkOfProtoc(source, one, syntax);
    if (one.kind === "enum") yield* checkEnum(source, one, syntax);
    if (isField(one)) yield* checkField(source, one, syntax);
    if (one.fullName.length > MAX_NAME_CHARACTERS) {
      yield source.problem(one.name.at, `a full name has at most ${MAX_NAME_CHARACTERS} characters; shorten it`);
    }
    if (/^(oneof|extend)$/.test(one.kind) && one.children.length === 0) {
      yield source.problem(one.name.at, `${one.kind} ${one.name.text} has no fields; give it one or remove it`);
    }
    if (one.kind === "extensions" && syntax === "proto3") {
      yield source.problem(one.name.at, "proto3 has no extensions; remove the line, or use google.protobuf.Any");
    }
  }
}

/** Finds options that protoc alone sets, or knows in editions only. */
function* checkOfProtoc(
  source: Source,
  { kind, options }: Declaration,
  syntax: Syntax,
): Generator<ProtoProblem, void> {
  for (const { at, parts: [first] } of options) {
    if (first!.isExtension) continue;
    if (first!.name === "features" && syntax !== "editions") {
      yield source.problem(at.at, "features are for editions; remove the option");
    }
    if (first!.name === "map_entry" && kind === "message") {
      yield source.problem(at.at, "map_entry can't be set; declare a field of the type map<KEY, VALUE>");
    }
  }
}

/** Finds what a message of extensions only can't have. */
function* checkMessageSet(source: Source, one: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  if (!isMessageSet(one)) return;
  const [field] = fieldsOf(one);
  if (syntax === "proto3") {
    yield source.problem(one.name.at, "proto3 has no message_set_wire_format; remove the option");
  }
  if (field) {
    yield source.problem(
      field.name.at,
      `a message with message_set_wire_format has no fields; remove ${field.name.text}`,
    );
  }
}

/** What a file says once. */
function* checkOnce(source: Source, file: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  const [, second] = childrenOf(file, "package");
  if (second) yield source.problem(second.name.at, "a file has one package only; remove this one");
  const imports = new Set<string>();
  for (const { name, label } of childrenOf(file, "import")) {
    const text = textOf(name);
    if (imports.has(text)) yield source.problem(name.at, `${text} is imported twice; remove this line`);
    imports.add(text);
    if (label?.text === "option" && syntax !== "editions") {
      yield source.problem(label.at, "import option is for edition 2024; remove option");
    }
  }
}

/**
 * No two fields have the same name in JSON, where one would take the place of the other. As in protoc, proto2 may, by
 * chance.
 */
function* checkJsonNames(source: Source, message: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  const legacy = message.options.some(({ name, value }) =>
    name === "deprecated_legacy_json_field_conflicts" && value.kind === "scalar" && value.token.text === "true"
  );
  const defaults = new Map<string, string>();
  const names = new Map<string, { name: string; isGiven: boolean }>();
  for (const field of fieldsOf(message)) {
    const name = fieldNameOf(field);
    const value = field.options.find((option) => option.name === "json_name")?.value;
    const given = value?.kind === "scalar" && value.token.kind === "string" ? value.token : undefined;
    const byDefault = jsonNameOf(name);
    const json = given ? textOf(given) : byDefault;
    const other = names.get(json);
    const conflict = (text: string) =>
      source.problem(given?.at ?? field.name.at, `the fields ${text} would both be ${json} in JSON; rename one`);
    const isOld = legacy || syntax === "proto2";
    if (other?.name === name) continue; // which is said elsewhere
    if (other && (given || other.isGiven) && !(legacy && !(given && other.isGiven))) {
      yield conflict(`${other.name} and ${name}`);
    } else if (defaults.has(byDefault) && !isOld) {
      const text = `the fields ${defaults.get(byDefault)} and ${name} would both be ${byDefault} in JSON; rename one`;
      yield source.problem(field.name.at, text);
    }
    names.set(json, { name, isGiven: given !== undefined });
    defaults.set(byDefault, name);
  }
}

const KEYS = /^(string|bool|u?int32|u?int64|sint32|sint64|s?fixed32|s?fixed64)$/;

function* checkField(source: Source, field: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  const { kind, name, label, type, keyType, parent } = field;
  const inOneof = parent!.kind === "oneof";
  if (kind === "group") {
    if (syntax !== "proto2") {
      yield source.problem(type!.at, `only proto2 has groups; make ${name.text} a message and a field of it`);
    }
    if (!/^[A-Z]/.test(name.text)) {
      yield source.problem(name.at, `the name of a group begins with a capital letter; rename ${name.text}`);
    }
  }
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
  if (label?.text === "required" && !inOneof && (syntax !== "proto2" || parent!.kind === "extend")) {
    const what = syntax === "proto2" ? "an extension is never required" : "proto3 has no required fields";
    yield source.problem(label.at, `${what}; remove required`);
  }
  if (label?.text === "optional" && syntax === "editions") {
    yield source.problem(label.at, "in an edition fields are optional by themselves; remove optional");
  }
}

const NO_LABEL = "a field of proto2 needs a label; write optional, repeated or required before its type";

const lacksLabel = (one: Declaration) => isField(one) && !one.label && !one.keyType && one.parent!.kind !== "oneof";

/** The fields of proto2 have labels. The files of many are of proto3, and don't say so: that is said once. */
function* checkLabels(source: Source, file: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  if (syntax !== "proto2") return;
  const isSaid = childrenOf(file, "syntax").length > 0;
  const fields = everything(file).filter(lacksLabel);
  for (const { type } of isSaid ? fields : fields.take(1)) {
    yield source.problem(type!.at, isSaid ? NO_LABEL : `${NO_LABEL}, or begin the file with: syntax = "proto3";`);
  }
}
