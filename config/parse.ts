import { loadYaml } from "../deps.ts";
import { nearest } from "../base/text/did_you_mean.ts";
import { Checker, type Given } from "../base/options/field_checker.ts";
import type { AnyEntry, Leaf } from "../base/options/fields.ts";
import type { Config } from "./config.ts";
import { CONF_BOUNDS, readDocument } from "./document.ts";
import { byPlace, ConfigError, type ConfigProblem, MAX_REPORTED_PROBLEMS, problemOf, type Where } from "./problem.ts";
import { SCHEMA, type Settings, VARIABLES, WITHOUT_VARIABLES, YAML } from "./schema.ts";

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
  const document = readDocument(await loadYaml(), source, file, CONF_BOUNDS);
  const { overrides, problems } = readVariables(variables);
  const checker = new Checker(YAML, SCHEMA as AnyEntry, overrides);
  const settings = checker.check(document) as Settings;
  problems.push(...checker.problems.map(problemOf));
  if (problems.length > 0) throw new ConfigError(problems.toSorted(byPlace));
  const reflection = settings.dinokit.reflection ?? REFLECTION_ENVS.includes(env);
  return freeze({ env, file, ...settings, dinokit: { ...settings.dinokit, reflection } });
}

/** The environments in which servers offer reflection by default: those that people inspect. */
const REFLECTION_ENVS = ["dev", "test"];

/** Returns the values of environment variables by key. */
function readVariables(variables: Readonly<Record<string, string>>) {
  const overrides = new Map<string, Given<Where>>();
  const problems: ConfigProblem[] = [];
  for (const [variable, value] of Object.entries(variables)) {
    const known = VARIABLES.get(variable);
    if (known) overrides.set(known.key, fromText(known.leaf, value, variable));
    else {problems.push({
        variable,
        message: `matches no key; ${problems.length < MAX_REPORTED_PROBLEMS ? remedy(variable) : ""}`,
      });}
  }
  return { overrides, problems };
}

function remedy(variable: string): string {
  for (const [start, key] of WITHOUT_VARIABLES) {
    if (variable.startsWith(start)) return `${key} is set in the file only`;
  }
  const near = nearest(variable, VARIABLES.keys());
  return near ? `did you mean ${near}?` : "correct or unset it";
}

/** Converts a variable's text as YAML would. */
function fromText({ kind }: Leaf<unknown>, text: string, variable: string): Given<Where> {
  const value = kind === "list"
    ? text.split(",").map((item) => item.trim()).filter(Boolean)
    : kind === "number" && /^\d+$/.test(text)
    ? Number(text)
    : kind === "boolean" && /^(true|false)$/.test(text)
    ? text === "true"
    : text;
  // An empty variable removes the file's value.
  return { value, where: { variable }, head: { variable }, unset: text === "", items: [], fields: () => undefined };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
