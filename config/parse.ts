import { loadYaml } from "../deps.ts";
import { nearest } from "../base/text/did_you_mean.ts";
import { Checker } from "../base/options/field_checker.ts";
import type { Problem, Sourced } from "../base/options/sourced.ts";
import type { Leaf } from "../base/options/fields.ts";
import type { Config } from "./config.ts";
import { CONF_BOUNDS, readDocument } from "./document.ts";
import { byPlace, ConfigError, type ConfigProblem, MAX_REPORTED_PROBLEMS, problemOf, type Where } from "./problem.ts";
import { type ConfSchema, type OwnSections, type OwnValues, schemaWith } from "./own_sections.ts";
import { type Settings, type Variables, WITHOUT_VARIABLES, YAML } from "./schema.ts";

/** The settings, and where free names are in the file. */
export interface ParsedConfig<S extends OwnSections> {
  readonly config: Config & OwnValues<S>;
  /** The position of each free name, by the full path of its key: `dinokit.clients.echoservice`. */
  readonly names: ReadonlyMap<string, Where>;
}

/**
 * Parses the text of a conf.yaml into settings. Reads no files and no environment variables.
 *
 * @param source The text.
 * @param file The name of the file, for messages and `Config.file`.
 * @param env The environment, for `Config.env`.
 * @param variables The environment variables that override keys: `{ DINOKIT_KITEX_ADDRESS: "127.0.0.1:9999" }`.
 * @throws {ConfigError} If any setting is invalid. It lists all problems.
 */
export async function parseConfig(
  source: string,
  file: string,
  env: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Config> {
  return (await parseSettings(source, file, env, variables, schemaWith("parseConfig"))).config;
}

/**
 * Parses the text of a conf.yaml, like {@linkcode parseConfig}, by a schema that may have sections of the user's own.
 */
export async function parseSettings<S extends OwnSections>(
  source: string,
  file: string,
  env: string,
  variables: Readonly<Record<string, string>>,
  schema: ConfSchema,
): Promise<ParsedConfig<S>> {
  const document = readDocument(await loadYaml(), source, file, CONF_BOUNDS);
  const { overrides, problems } = readVariables(variables, schema.variables);
  const checker = new Checker(YAML, schema.keys, overrides);
  const settings = checker.check(document) as Settings & OwnValues<S>;
  problems.push(...checker.problems.map(withOwnSections).map(problemOf));
  if (problems.length > 0) throw new ConfigError(problems.toSorted(byPlace));
  const reflection = settings.dinokit.reflection ?? REFLECTION_ENVS.includes(env);
  const config = freeze({ env, file, ...settings, dinokit: { ...settings.dinokit, reflection } });
  return { config, names: checker.names };
}

/** Adds to the problem of an unknown section how to declare one. */
function withOwnSections(problem: Problem<Where>): Problem<Where> {
  return problem.unknownIn === ""
    ? { ...problem, message: `${problem.message}; configure({ sections }) declares others` }
    : problem;
}

/** The environments in which servers offer reflection by default: those that people inspect. */
const REFLECTION_ENVS = ["dev", "test"];

/** Returns the values of environment variables by key. */
function readVariables(variables: Readonly<Record<string, string>>, known: Variables) {
  const overrides = new Map<string, Sourced<Where>>();
  const problems: ConfigProblem[] = [];
  for (const [variable, value] of Object.entries(variables)) {
    const target = known.get(variable);
    if (target) overrides.set(target.key, fromText(target.leaf, value, variable));
    else {
      const help = problems.length < MAX_REPORTED_PROBLEMS ? remedy(variable, known) : "";
      problems.push({ variable, message: `matches no key; ${help}` });
    }
  }
  return { overrides, problems };
}

function remedy(variable: string, known: Variables): string {
  for (const [start, key] of WITHOUT_VARIABLES) {
    if (variable.startsWith(start)) return `${key} is set in the file only`;
  }
  const near = nearest(variable, known.keys());
  return near ? `did you mean ${near}?` : "correct or unset it";
}

/** Converts a variable's text as YAML would. */
function fromText(leaf: Leaf<unknown>, text: string, variable: string): Sourced<Where> {
  const value = leaf.kind === "list"
    ? text.split(",").map((item) => item.trim()).filter(Boolean).map((item) => scalar(leaf.item, item))
    : scalar(leaf, text);
  // An empty variable removes the file's value.
  return { value, where: { variable }, head: { variable }, unset: text === "", items: [], fields: () => undefined };
}

function scalar(leaf: Leaf<unknown> | undefined, text: string): string | number | boolean {
  if (leaf?.kind === "number" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return leaf?.kind === "boolean" && /^(true|false)$/.test(text) ? text === "true" : text;
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
