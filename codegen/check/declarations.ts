import { nameIn, scopeOf } from "../parse/full_names.ts";
import { numberOf } from "../parse/numbers.ts";
import { childrenOf, type Declaration, fieldNameOf, type Range } from "../parse/outline.ts";
import type { ProtoProblem } from "../problem.ts";
import { type References, SCALARS } from "../resolve/references.ts";
import { textOf } from "../parse/strings.ts";
import type { Source, Token } from "../parse/tokens.ts";

/**
 * What a message says of one of its extensions: `extensions 1 to 9 [declaration = { number: 1, full_name: ".a.b", type:
 * "int32" }]`.
 */
interface DeclaredExtension {
  readonly at: Token;
  readonly number: number;
  /** The extension's name and type, with a dot in front; what is only reserved may have none. */
  readonly fullName: string | undefined;
  readonly type: string | undefined;
  readonly isReserved: boolean;
  readonly isRepeated: boolean;
}

function declaredIn({ options }: Declaration): DeclaredExtension[] {
  return options.flatMap(({ name, at, value }) => {
    if (name !== "declaration" || value.kind !== "message") return [];
    const fields = new Map(value.fields.map((one) => [one.name, one.value]));
    const token = (field: string) => {
      const found = fields.get(field);
      return found?.kind === "scalar" ? found.token : undefined;
    };
    const text = (field: string) => token(field) && (token(field)!.bytes ? textOf(token(field)!) : undefined);
    const isSet = (field: string) => /^(true|True|t|1)$/.test(token(field)?.text ?? "");
    const number = token("number");
    return [{
      at,
      number: number?.kind === "integer" ? numberOf(number.text) : 0,
      fullName: text("full_name"),
      type: text("type"),
      isReserved: isSet("reserved"),
      isRepeated: isSet("repeated"),
    }];
  });
}

const verificationOf = ({ options }: Declaration): string | undefined => {
  const value = options.find(({ name }) => name === "verification")?.value;
  return value?.kind === "scalar" ? value.token.text : undefined;
};

/** Finds what is wrong with what a message declares of its extensions. */
export function* checkDeclarations(source: Source, message: Declaration): Generator<ProtoProblem, void> {
  const names = new Set<string>();
  for (const one of childrenOf(message, "extensions")) {
    const declared = declaredIn(one);
    if (declared.length > 0 && verificationOf(one) === "UNVERIFIED") {
      yield source.problem(one.name.at, "extensions that are declared are not UNVERIFIED; remove one of the options");
    }
    const numbers = new Set<number>();
    for (const { at, number, fullName, type, isReserved } of declared) {
      const fail = (text: string) => source.problem(at.at, `the declaration of extension ${number} ${text}`);
      if (one.ranges!.some(({ from, to }) => number < from || number > to)) yield fail("is not in the range; move it");
      if (numbers.has(number)) yield fail("comes twice; remove one");
      numbers.add(number);
      if (fullName === undefined && type === undefined && isReserved) continue;
      if (fullName === undefined || type === undefined) {
        yield fail("needs both full_name and type; write them");
        continue;
      }
      if (names.has(fullName)) yield fail(`has the name ${fullName}, as another has; rename one`);
      names.add(fullName);
      for (const name of [fullName, ...(SCALARS.includes(type) ? [] : [type])]) {
        if (!/^(\.[A-Za-z_]\w*)+$/.test(name)) yield fail(`names ${name}; write a full name with a dot in front`);
      }
    }
  }
}

/** What a message declares of its extensions, by number, and the ranges in which all must be declared. */
interface Declarations {
  readonly byNumber: ReadonlyMap<number, DeclaredExtension>;
  readonly strict: readonly Range[];
}

/** A message is extended by many. */
const known = new WeakMap<Declaration, Declarations>();

function declarationsOf(message: Declaration): Declarations {
  let all = known.get(message);
  if (all === undefined) {
    const ranges = childrenOf(message, "extensions").map((one) => ({ one, declared: declaredIn(one) }));
    const strict = ranges.filter(({ one, declared }) => declared.length > 0 || verificationOf(one) === "DECLARATION");
    all = {
      byNumber: new Map(ranges.flatMap(({ declared }) => declared).map((declared) => [declared.number, declared])),
      strict: strict.flatMap(({ one }) => one.ranges!),
    };
    known.set(message, all);
  }
  return all;
}

/** What is wrong with an extension of a message that declares its extensions; undefined if nothing is. */
export function undeclared(
  message: Declaration,
  field: Declaration,
  references: ReadonlyMap<Declaration, References>,
): string | undefined {
  const { byNumber, strict } = declarationsOf(message);
  const number = numberOf(field.number!.text);
  const declared = byNumber.get(number);
  const noun = `the extension ${number} of ${message.fullName}`;
  if (declared === undefined) {
    if (!strict.some(({ from, to }) => from <= number && number <= to)) return;
    return `${noun} is not declared there, as those of its range are; declare it or take another number`;
  }
  if (declared.isReserved) return `${noun} is reserved there; take another number`;
  const found = references.get(field)?.type?.fullName ?? (field.kind === "group" ? field.fullName : undefined);
  const type = found === undefined ? field.type!.text : `.${found}`;
  const name = `.${nameIn(scopeOf(field), fieldNameOf(field))}`;
  const { fullName, isRepeated } = declared;
  if (fullName !== name || declared.type !== type || isRepeated !== (field.label?.text === "repeated")) {
    return `${noun} is declared there as ${isRepeated ? "repeated " : ""}${declared.type} ${fullName}; make it so`;
  }
}
