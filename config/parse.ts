import { loadYaml } from "../deps.ts";
import { nearest } from "../rpc/nearest.ts";
import type { Config } from "./config.ts";
import { type Document, readDocument } from "./document.ts";
import type { Leaf } from "./leaf.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import { type AnySection, type Built, KEYS, SCHEMA, VARIABLES } from "./schema.ts";

/**
 * Makes settings of the text of a conf.yaml. Touches nothing else.
 *
 * @param source The text.
 * @param file Its name, for messages and `Config.file`.
 * @param env The environment, for `Config.env`.
 * @param variables The environment variables that override keys: `{ DINOKIT_KITEX_ADDRESS: "127.0.0.1:9999" }`.
 * @throws {ConfigError} If anything is wrong; it lists all problems.
 */
export async function parseConfig(
  source: string,
  file: string,
  env: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Config> {
  const document = readDocument(await loadYaml(), source, file);
  const { overrides, problems } = readVariables(variables);
  problems.unshift(...document.problems);
  const builder = new Builder(file, document, overrides, problems);
  const settings = builder.section(SCHEMA as AnySection, "") as Built<typeof SCHEMA>;
  if (problems.length > 0) throw new ConfigError(problems.toSorted(byPlace));
  return freeze({ env, file, ...settings });
}

type Where = Pick<ConfigProblem, "file" | "line" | "column" | "variable">;

/** A value that is set, and where it and its items are. */
interface Setting {
  readonly value: unknown;
  readonly where: Where;
  readonly items: readonly Where[];
}

/** Reads what environment variables say, by key. */
function readVariables(variables: Readonly<Record<string, string>>) {
  const overrides = new Map<string, Setting>();
  const problems: ConfigProblem[] = [];
  for (const [variable, value] of Object.entries(variables)) {
    const key = VARIABLES.get(variable);
    if (key !== undefined) {
      overrides.set(key, { value: fromText(KEYS.get(key) as Leaf<unknown>, value), where: { variable }, items: [] });
      continue;
    }
    const near = nearest(variable, VARIABLES.keys());
    problems.push({
      variable,
      message: `stands for no key; ${near ? `did you mean ${near}?` : "correct or unset it"}`,
    });
  }
  return { overrides, problems };
}

/** A variable's text as YAML would give it. */
function fromText({ kind }: Leaf<unknown>, text: string): unknown {
  if (kind === "list") return text.split(",").map((item) => item.trim()).filter(Boolean);
  if (kind === "number" && /^\d+$/.test(text)) return Number(text);
  if (kind === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

class Builder {
  readonly #file: string;
  readonly #document: Document;
  readonly #overrides: ReadonlyMap<string, Setting>;
  readonly #problems: ConfigProblem[];

  constructor(file: string, document: Document, overrides: ReadonlyMap<string, Setting>, problems: ConfigProblem[]) {
    this.#file = file;
    this.#document = document;
    this.#overrides = overrides;
    this.#problems = problems;
  }

  section({ entries }: AnySection, path: string): Record<string, unknown> {
    const built: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(entries)) {
      const key = path ? `${path}.${name}` : name;
      const value = entry.kind !== "section"
        ? this.#leaf(entry, key)
        : entry.optional && !this.#holds(key)
        ? undefined
        : this.section(entry, key);
      if (value !== undefined) built[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())] = value;
    }
    return built;
  }

  /** Whether a key of the section is set, or was tried to. */
  #holds(section: string): boolean {
    const within = (key: string) => key.startsWith(`${section}.`);
    return [...KEYS.keys()].some((key) => within(key) && isSet(this.#setting(key)?.value)) ||
      [...this.#document.faulty].some(within);
  }

  #setting(key: string): Setting | undefined {
    const override = this.#overrides.get(key);
    if (override) return override;
    const entry = this.#document.entries.get(key);
    if (!entry) return undefined;
    const file = this.#file;
    return { value: entry.value, where: { file, ...entry.place }, items: entry.items.map((one) => ({ file, ...one })) };
  }

  #leaf(leaf: Leaf<unknown>, key: string): unknown {
    const setting = this.#setting(key);
    if (setting && isSet(setting.value)) {
      const { value, where, items } = setting;
      if (leaf.item && Array.isArray(value)) {
        value.forEach((item, i) => this.#check(leaf.item!, item, `${key}[${i}]`, items[i] ?? where));
      }
      return this.#check(leaf, value, key, where);
    }
    const { sections, faulty } = this.#document;
    if (leaf.required && !pathsOf(key).some((path) => faulty.has(path))) {
      const place = sections.get(key.slice(0, key.lastIndexOf("."))) ?? sections.get("");
      const where = setting?.where ?? { file: this.#file, ...place };
      this.#problems.push({ ...where, key, message: `${key} is missing; give ${leaf.allowed}` });
    }
    return leaf.fallback;
  }

  #check(leaf: Leaf<unknown>, value: unknown, key: string, where: Where): unknown {
    const checked = leaf.check(value);
    if (checked !== undefined) return checked;
    const quotes = leaf.kind === "text" && typeof value !== "string" && typeof value !== "object";
    const message = `${key} is ${describe(value, leaf.secret)}; use ${leaf.allowed}${quotes ? " (in quotes)" : ""}`;
    this.#problems.push({ ...where, key, message });
  }
}

/** A key and the sections that it is in: `""`, `"kitex"`, `"kitex.address"`. */
function pathsOf(key: string): string[] {
  const names = key.split(".");
  return ["", ...names.map((_, i) => names.slice(0, i + 1).join("."))];
}

/** An empty text is the same as no value, so that a variable can take a value of the file away. */
const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

function describe(value: unknown, secret = false): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return value === null ? "nothing" : "a section";
  if (secret) return typeof value === "string" ? "a text" : `a ${typeof value}`;
  return JSON.stringify(value);
}

const byPlace = (a: ConfigProblem, b: ConfigProblem): number =>
  (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0);

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
