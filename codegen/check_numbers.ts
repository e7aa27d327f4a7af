import type { Syntax } from "./check.ts";
import { numberOf } from "./numbers.ts";
import { childrenOf, type Declaration, fieldsOf, textOf } from "./outline.ts";
import type { ProtoProblem } from "./problem.ts";
import type { Source } from "./tokens.ts";

/** Finds what is wrong with the numbers of a message's fields or an enum's values, and with what it reserves. */
export function* checkNumbers(source: Source, one: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
  if (one.kind === "message" || one.kind === "group") {
    yield* checkRanges(source, one, 1, 536_870_911);
    const fields = fieldsOf(one);
    for (const field of fields) yield* checkFieldNumber(source, field);
    yield* checkReserved(source, one, fields);
    yield* checkTwice(source, fields, "a number of its own");
  }
  if (one.kind === "extend") { for (const field of fieldsOf(one)) yield* checkFieldNumber(source, field); }
  if (one.kind === "enum") yield* checkEnum(source, one, syntax);
}

function* checkFieldNumber(source: Source, { name, number }: Declaration): Generator<ProtoProblem, void> {
  const value = numberOf(number!.text);
  const fail = (text: string) => source.problem(number!.at, `the number ${number!.text} of ${name.text} ${text}`);
  if (value < 1 || value > 536_870_911) yield fail("is not from 1 to 536870911; take another");
  if (value >= 19_000 && value <= 19_999) yield fail("belongs to protobuf itself, as 19000 to 19999 do; take another");
}

function* checkEnum(source: Source, one: Declaration, syntax: Syntax): Generator<ProtoProblem, void> {
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
    if (value < -2_147_483_648 || value > 2_147_483_647) {
      yield source.problem(number!.at, `the number ${number!.text} of ${name.text} does not fit 32 bits; take another`);
    }
  }
  yield* checkRanges(source, one, -2_147_483_648, 2_147_483_647);
  yield* checkReserved(source, one, values);
  const alias = one.options.some(({ name, value }) => name === "allow_alias" && value.text === "true");
  if (syntax === "proto3") yield* checkValueNames(source, one, values);
  if (!alias) yield* checkTwice(source, values, "a number of its own, or say in the enum: option allow_alias = true;");
}

/** As protoc has it: languages write values without the enum's name, in camel case. */
function* checkValueNames(source: Source, owner: Declaration, values: Declaration[]): Generator<ProtoProblem, void> {
  const names = new Map<string, Declaration>();
  const prefix = new RegExp(`^_*${[...owner.name.text.replaceAll("_", "")].join("_*")}_*(?=[^_])`, "i");
  for (const value of values) {
    const words = value.name.text.replace(prefix, "").split("_");
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

function* checkRanges(source: Source, owner: Declaration, least: number, most: number): Generator<ProtoProblem, void> {
  const ranges = childrenOf(owner, "reserved", "extensions").flatMap((one) => one.ranges!);
  for (const [i, { at, from, to }] of ranges.entries()) {
    if (to < from) yield source.problem(at.at, `the range ${from} to ${to} is empty; write ${to} to ${from}`);
    if (from < least || to > most) {
      yield source.problem(at.at, `the range leaves what is from ${least} to ${most}; make it smaller`);
    }
    const other = ranges.slice(0, i).find((one) => one.from <= to && from <= one.to);
    if (other) {
      const line = source.lineAt(other.at.at);
      yield source.problem(at.at, `the range overlaps with the one of line ${line}; make them one, or one smaller`);
    }
  }
}

function* checkReserved(source: Source, owner: Declaration, members: Declaration[]): Generator<ProtoProblem, void> {
  const reserved = childrenOf(owner, "reserved", "extensions");
  const names = reserved.flatMap((one) => one.reservedNames!.map(textOf));
  for (const { name, number } of members) {
    const value = numberOf(number!.text);
    const range = reserved.find((one) => one.ranges!.some(({ from, to }) => from <= value && value <= to));
    if (range) {
      const use = range.kind === "reserved" ? "is reserved" : "is kept for extensions";
      const line = source.lineAt(range.name.at);
      yield source.problem(number!.at, `the number ${value} of ${name.text} ${use} in line ${line}; take another`);
    }
    if (names.includes(name.text)) {
      yield source.problem(name.at, `the name ${name.text} is reserved; take another`);
    }
  }
}
