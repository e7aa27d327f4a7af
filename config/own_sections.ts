import { type AnyEntry, type AnySection, type Section, section } from "../base/options/fields.ts";
import { visible } from "../base/text/visible.ts";
import type { Config } from "./config.ts";
import type { Field } from "./fields.ts";
import { SCHEMA, VARIABLES, type Variables, variablesOf } from "./schema.ts";

/** The fields of a section of your own, by name in camel case. A field may hold further fields. */
export interface OwnSection {
  /** A field, or further fields. */
  readonly [field: string]: Field<unknown> | OwnSection;
}

/** Sections of your own in conf.yaml, by name in camel case. */
export type OwnSections = Readonly<Record<string, OwnSection>>;

/** The values of a section of your own. */
export type OwnValues<S> = {
  readonly [Name in keyof S]: S[Name] extends Field<infer T> ? T
    : S[Name] extends OwnSection ? OwnValues<S[Name]>
    : never;
};

/** The keys of a conf.yaml, and the variables that override them. */
export interface ConfSchema {
  readonly keys: AnySection;
  readonly variables: Variables;
}

const BUILT_IN: ConfSchema = { keys: SCHEMA as unknown as AnySection, variables: VARIABLES };

/**
 * Names that are taken: by the kit's sections, by `Config`, and by keys of `dinokit`, whose variables lack that name.
 */
const TAKEN = [
  "env",
  "file",
  ...Object.keys(SCHEMA.entries),
  ...Object.keys((SCHEMA.entries.dinokit as Section<Config["dinokit"]>).entries),
];

/**
 * Returns the keys of conf.yaml with sections of the user's own.
 *
 * @param who The function that was given the sections, for errors.
 * @throws {TypeError} If a name is taken or malformed, or a field is not declared by `fields`.
 */
export function schemaWith(who: string, sections: OwnSections = {}): ConfSchema {
  const names = Object.keys(sections);
  if (names.length === 0) return BUILT_IN;
  const taken = names.find((name) => TAKEN.includes(name));
  if (taken !== undefined) {
    throw new TypeError(`${who}: sections.${taken} has the name of one of the kit's own keys; use another name`);
  }
  const own = entriesOf(who, "sections", sections);
  const keys = section({ ...SCHEMA.entries, ...own } as never) as unknown as AnySection;
  const variables = new Map(BUILT_IN.variables);
  for (const [variable, target] of variablesOf(section(own as never) as AnyEntry)) {
    const existing = variables.get(variable);
    if (existing) {
      throw new TypeError(
        `${who}: sections: ${existing.key} and ${target.key} have the same variable ${variable}; rename one`,
      );
    }
    variables.set(variable, target);
  }
  return { keys, variables };
}

function entriesOf(who: string, path: string, given: OwnSections | OwnSection): Record<string, AnyEntry> {
  return Object.fromEntries(
    Object.entries(given).map(([name, declaration]) => {
      const at = `${path}.${visible(name)}`;
      if (!/^[a-z][a-zA-Z\d]*$/.test(name)) {
        throw new TypeError(`${who}: ${at} is not a name in camel case; use letters and digits, such as "apiKey"`);
      }
      if (isField(declaration)) return [name, declaration as unknown as AnyEntry];
      if (
        typeof declaration === "object" && declaration !== null && !Array.isArray(declaration) &&
        Object.keys(declaration).length > 0
      ) {
        return [name, section(entriesOf(who, at, declaration) as never) as AnyEntry];
      }
      throw new TypeError(`${who}: ${at} declares no field; use { url: fields.url() }`);
    }),
  );
}

const isField = (value: unknown): value is Field<unknown> =>
  typeof (value as { kind?: unknown } | undefined)?.kind === "string" &&
  typeof (value as { check?: unknown }).check === "function";
