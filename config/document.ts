import process from "node:process";
import type { loadYaml } from "../deps.ts";
import { nearest } from "../rpc/nearest.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import { type AnySection, KEYS, SCHEMA } from "./schema.ts";
import { syntaxText } from "./syntax.ts";

type Yaml = Awaited<ReturnType<typeof loadYaml>>;

/** The most aliases that a value may be made of: enough for a person, too few for a bomb. */
const MAX_ALIASES = 100;

/** A place in a file, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a file says about a key. */
export interface Entry {
  readonly value: unknown;
  readonly place: Place;
  /** Where the items of a list stand. */
  readonly items: readonly Place[];
}

/** What stands in a file, before the values are checked. */
export interface Document {
  /** The keys with a value, by full path. */
  readonly entries: Map<string, Entry>;
  /** Where the sections begin, by full path; the file itself is `""`. */
  readonly sections: Map<string, Place>;
  /** Unknown keys, keys that come twice, aliases that stand for nothing. */
  readonly problems: ConfigProblem[];
  /** The keys that were meant by what is wrong: they are not missing as well. */
  readonly faulty: Set<string>;
}

/**
 * Reads YAML as far as the schema goes: a key that is not there is a problem, and is not looked into.
 *
 * @throws {ConfigError} If it is not YAML.
 */
export function readDocument(yaml: Yaml, source: string, file: string): Document {
  return new Reader(yaml, source, file);
}

class Reader implements Document {
  readonly entries = new Map<string, Entry>();
  readonly sections = new Map<string, Place>();
  readonly problems: ConfigProblem[] = [];
  readonly faulty = new Set<string>();
  readonly #yaml: Yaml;
  readonly #file: string;
  readonly #lines: InstanceType<Yaml["LineCounter"]>;
  readonly #document: ReturnType<Yaml["parseDocument"]>;

  constructor(yaml: Yaml, source: string, file: string) {
    this.#yaml = yaml;
    this.#file = file;
    this.#lines = new yaml.LineCounter();
    const options = { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
    this.#document = withoutVariables(() => yaml.parseDocument(source.replace(/^\ufeff/, ""), options));
    this.#syntax();
    this.#section(this.#document.contents, SCHEMA as AnySection, "", this.#place(0));
  }

  #syntax(): void {
    const lines = new Set<number>();
    for (const { code, pos } of [...this.#document.errors, ...this.#document.warnings]) {
      const place = this.#place(pos[0]);
      // What follows in the same line is most often the same fault.
      if (!lines.has(place.line)) this.#report(place, syntaxText(code));
      lines.add(place.line);
    }
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #section(node: unknown, section: AnySection, path: string, place: Place): void {
    const { isAlias, isMap, isScalar } = this.#yaml;
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    this.sections.set(path, place);
    if (target === null || isScalar(target) && target.value === null) return;
    if (!isMap(target)) {
      const what = path || "the file";
      return this.#report(place, `${what} holds no keys; write "key: value" lines, with a space after the colon`, path);
    }
    const lines = new Map<string, number>();
    for (const { key: node, value } of target.items) {
      const { value: name, range } = node as { value: string; range?: [number] };
      const here = this.#place(range?.[0] ?? 0);
      const key = path ? `${path}.${name}` : name;
      const first = lines.get(name);
      lines.set(name, here.line);
      if (first) this.#report(here, `${key} comes twice, first in line ${first}; keep one of them`, key);
      else this.#key(name, value, section, path, here);
    }
  }

  #key(name: string, value: unknown, section: AnySection, path: string, place: Place): void {
    const key = path ? `${path}.${name}` : name;
    const entry = Object.hasOwn(section.entries, name) ? section.entries[name] : undefined;
    if (entry?.kind === "section") return this.#section(value, entry, key, place);
    if (entry) return this.#value(value, key, place);
    const { meant, text } = unknownKey(path, name);
    if (meant) this.faulty.add(meant);
    this.#report(place, text, key);
  }

  #value(node: unknown, key: string, keyPlace: Place): void {
    const { isAlias, isNode, isSeq } = this.#yaml;
    const placeOf = (one: unknown) => isNode(one) && one.range ? this.#place(one.range[0]) : keyPlace;
    try {
      const value = isNode(node) ? node.toJS(this.#document, { maxAliasCount: MAX_ALIASES }) : null;
      const target = isAlias(node) ? node.resolve(this.#document) : node;
      this.entries.set(key, { value, place: placeOf(node), items: isSeq(target) ? target.items.map(placeOf) : [] });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error; // an alias without an anchor, or too many of them
      this.#report(placeOf(node), `${key} has an alias that stands for nothing, or for too much; write it out`, key);
    }
  }

  #report(place: Place, message: string, key?: string): void {
    if (key !== undefined) this.faulty.add(key);
    this.problems.push({ file: this.#file, ...place, ...(key && { key }), message });
  }
}

/**
 * Runs something that must not ask for environment variables. The parser looks for LOG_TOKENS and LOG_STREAM at every token, which
 * throws where they may not be read: https://github.com/eemeli/yaml/blob/v2.9.1/src/parse/parser.ts. Its build for browsers does
 * not, but can't be imported here; this can go when one of both changes.
 */
function withoutVariables<T>(run: () => T): T {
  const { env } = process;
  process.env = {};
  try {
    return run();
  } finally {
    process.env = env;
  }
}

/** The nearest key in the same section, else the key of that name in another. */
function unknownKey(section: string, name: string): { meant: string | undefined; text: string } {
  const prefix = section && `${section}.`;
  const keys = [...KEYS.keys()];
  const siblings = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
    .filter((key) => !key.includes("."));
  const near = nearest(name, siblings);
  const meant = near !== undefined ? prefix + near : keys.find((key) => key.endsWith(`.${name}`));
  const help = meant ? `did you mean ${meant}?` : `${section || "the file"} may have ${siblings.join(", ")}`;
  return { meant, text: `${prefix}${name} is not a key; ${help}` };
}
