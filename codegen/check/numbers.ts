import type { Syntax } from "../parse/syntax.ts";
import { numberOf } from "../parse/numbers.ts";
import { childrenOf, type Declaration, fieldNameOf, fieldsOf, type Range } from "../parse/outline.ts";
import { MAX_FIELD_NUMBER, MAX_VALUE } from "../parse/outliner.ts";
import type { ProtoProblem } from "../problem.ts";
import { textOf } from "../parse/strings.ts";
import type { Source } from "../parse/tokens.ts";

const MIN_VALUE = -MAX_VALUE - 1;

/** Finds what is wrong with the numbers of a message's fields, and with what it reserves. */
export function* checkMessageNumbers(source: Source, message: Declaration): Generator<ProtoProblem, void> {
  // Reserved ranges alone may end one later, as protoc has it.
  yield* checkRanges(source, message, 1, MAX_FIELD_NUMBER);
  const fields = fieldsOf(message);
  for (const field of fields) yield* checkFieldNumber(source, field);
  yield* checkReserved(source, message, fields);
  yield* checkTwice(source, fields, "a number of its own");
}

/** Finds what is wrong with the number of a field or an extension. */
export function* checkFieldNumber(source: Source, { name, number }: Declaration): Generator<ProtoProblem, void> {
  const value = numberOf(number!.text);
  const fail = (text: string) => source.problem(number!.at, `the number ${number!.text} of ${name.text} ${text}`);
  if (value < 1 || value > MAX_FIELD_NUMBER) yield fail("is not from 1 to 536870911; take another");
  if (value >= 19_000 && value <= 19_999) yield fail("belongs to protobuf itself, as 19000 to 19999 do; take another");
}

/** Finds what is wrong with the values of an enum, and with what it reserves. */
export function* checkEnum(source: Source, one: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  const values = childrenOf(one, "value");
  const [first] = values;
  if (first === undefined) {
    yield source.problem(one.name.at, `enum ${one.name.text} has no values; give it one with the number 0`);
    return;
  }
  if (syntax === "proto3" && numberOf(first.number!.text) !== 0) {
    yield source.problem(
      first.number!.at,
      `the first value of enum ${one.name.text} must be 0 in proto3; put a value such as ${
        unspecified(one)
      } = 0 before it`,
    );
  }
  for (const { name, number } of values) {
    const value = numberOf(number!.text);
    if (value < MIN_VALUE || value > MAX_VALUE) {
      yield source.problem(number!.at, `the number ${number!.text} of ${name.text} does not fit 32 bits; take another`);
    }
  }
  yield* checkRanges(source, one, MIN_VALUE, MAX_VALUE);
  yield* checkReserved(source, one, values);
  if (syntax !== "proto2") yield* checkValueNames(source, one, values);
  yield* checkAlias(source, one, values);
}

function* checkAlias(source: Source, one: Declaration, values: Declaration[]): Generator<ProtoProblem, void> {
  const alias = one.options.find(({ name }) => name === "allow_alias");
  const isAllowed = alias?.value.kind === "scalar" && alias.value.token.text === "true";
  if (!isAllowed) {
    yield* checkTwice(source, values, "a number of its own, or say in the enum: option allow_alias = true;");
  }
  const numbers = new Set(values.map(({ number }) => numberOf(number!.text)));
  if (alias && (!isAllowed || numbers.size === values.length)) {
    yield source.problem(alias.at.at, "allow_alias is of no use here: no two values share a number; remove the option");
  }
}

/** As protoc has it: languages write values without the enum's name, in camel case. */
function* checkValueNames(source: Source, owner: Declaration, values: Declaration[]): Generator<ProtoProblem, void> {
  const names = new Map<string, Declaration>();
  for (const value of values) {
    const words = withoutPrefix(value.name.text, owner.name.text).split("_");
    const name = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()).join("");
    const other = names.get(name);
    const isSame = other?.name.text === value.name.text; // which is said elsewhere
    if (other && !isSame && numberOf(other.number!.text) !== numberOf(value.number!.text)) {
      yield source.problem(
        value.name.at,
        `${other.name.text} and ${value.name.text} are both ${name} without the enum's name and in camel case; rename one`,
      );
    }
    names.set(name, other ?? value);
  }
}

/**
 * The name of a value without that of its enum, whatever their case and their _; all of it if nothing would be left.
 */
function withoutPrefix(name: string, owner: string): string {
  const prefix = owner.replaceAll("_", "").toLowerCase();
  let [at, found] = [0, 0];
  for (; at < name.length && found < prefix.length; at++) {
    if (name[at] === "_") continue;
    if (name[at]!.toLowerCase() !== prefix[found++]) return name;
  }
  while (name[at] === "_") at++;
  return found < prefix.length || at === name.length ? name : name.slice(at);
}

/** `ECHO_KIND_UNSPECIFIED` for `EchoKind`, as style guides want it. */
const unspecified = ({ name }: Declaration) =>
  `${name.text.replace(/(?<=[a-z\d])(?=[A-Z])/g, "_").toUpperCase()}_UNSPECIFIED`;

function* checkTwice(source: Source, all: Declaration[], remedy: string): Generator<ProtoProblem, void> {
  const numbers = new Map<number, string>();
  for (const { name, number } of all) {
    const value = numberOf(number!.text);
    const other = numbers.get(value);
    if (other) {
      yield source.problem(number!.at, `${other} has the number ${value} already; give ${name.text} ${remedy}`);
    }
    numbers.set(value, name.text);
  }
}

/** A range, and the `reserved` or `extensions` that it is in. */
type Held = Range & { readonly owner: Declaration };

/** The ranges of a declaration, the lowest first. */
const rangesOf = (owner: Declaration): Held[] =>
  childrenOf(owner, "reserved", "extensions")
    .flatMap((one) => one.ranges!.map((range) => ({ ...range, owner: one })))
    .sort((a, b) => a.from - b.from);

function* checkRanges(source: Source, owner: Declaration, least: number, most: number): Generator<ProtoProblem, void> {
  let before: Held | undefined;
  for (const range of rangesOf(owner)) {
    const { at, from, to } = range;
    if (to < from) yield source.problem(at.at, `the range ${from} to ${to} is empty; write ${to} to ${from}`);
    if (from < least || to > most + (owner.kind !== "enum" && range.owner.kind === "reserved" ? 1 : 0)) {
      yield source.problem(at.at, `the range leaves what is from ${least} to ${most}; make it smaller`);
    }
    if (before && from <= before.to) {
      const [first, second] = [before.at.at, at.at].sort((a, b) => a - b);
      const line = source.lineAt(first!);
      yield source.problem(second!, `the range overlaps with the one of line ${line}; make them one, or one smaller`);
    }
    if (!before || to > before.to) before = range;
  }
}

function* checkReserved(source: Source, owner: Declaration, members: Declaration[]): Generator<ProtoProblem, void> {
  const ranges = rangesOf(owner);
  const names = new Set<string>();
  for (const { reservedNames } of childrenOf(owner, "reserved")) {
    for (const token of reservedNames!) {
      const name = token.kind === "string" ? textOf(token) : token.text;
      if (names.has(name)) yield source.problem(token.at, `the name ${name} is reserved twice; remove one`);
      names.add(name);
    }
  }
  for (const member of members) {
    const value = numberOf(member.number!.text);
    const range = rangeWith(ranges, value);
    if (range) {
      const use = range.owner.kind === "reserved" ? "is reserved" : "is kept for extensions";
      const line = source.lineAt(range.owner.name.at);
      yield source.problem(
        member.number!.at,
        `the number ${value} of ${member.name.text} ${use} in line ${line}; take another`,
      );
    }
    if (names.has(fieldNameOf(member))) {
      yield source.problem(member.name.at, `the name ${member.name.text} is reserved; take another`);
    }
  }
}

/** The range that holds a number. None of the sorted ranges overlap, or that is said. */
function rangeWith(ranges: readonly Held[], value: number): Held | undefined {
  let [low, high] = [0, ranges.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.from <= value) low = middle;
    else high = middle;
  }
  const found = ranges[low];
  return found && found.from <= value && value <= found.to ? found : undefined;
}
