import process from "node:process";
import type { loadYaml } from "../deps.ts";
import type { Sourced } from "../base/options/sourced.ts";
import { ConfigError, type ConfigProblem, type Where } from "./problem.ts";
import { syntaxText } from "./yaml_syntax.ts";

type Yaml = Awaited<ReturnType<typeof loadYaml>>;

/** The maximum size of a text. The parser takes about 10 us for each token and for each mistake within a token. */
export interface TextBounds {
  readonly bytes: number;
  /**
   * The maximum number of YAML tokens. A line `key: value` has six, including the line break, and seven if it is
   * indented.
   */
  readonly tokens: number;
}

/** The maximum size of a conf.yaml, which is read at startup. */
export const CONF_BOUNDS: TextBounds = { bytes: 256 * 1024, tokens: 30_000 };
/** The maximum size of a policy, which is read while calls are served. It is enough for about 500 fields. */
export const POLICY_BOUNDS: TextBounds = { bytes: 16 * 1024, tokens: 4000 };
/** The maximum number of aliases in a text. */
export const MAX_ALIASES = 100;

/** The longest key. Each problem within the key's value repeats the key. */
export const MAX_NAME_CHARACTERS = 256;

/**
 * Parses YAML. Values are converted lazily, when they are read.
 *
 * @param text The text.
 * @param file The name of the file, for messages.
 * @throws {ConfigError} If the text is not YAML, or too large.
 */
export function readDocument(yaml: Yaml, text: string, file: string, bounds: TextBounds): Sourced<Where> {
  checkSize(yaml, text, file, bounds);
  const source = text.replace(/^\ufeff/, "");
  const counter = new yaml.LineCounter();
  const options = { lineCounter: counter, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
  const document = withoutVariables(() => yaml.parseDocument(source, options));
  const place = (offset: number): Where => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // Reports one problem per line: further errors in the same line usually have the same cause.
  const problems: ConfigProblem[] = [];
  const lines = new Set<number>();
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    const { line } = place(pos[0]);
    if (lines.has(line!)) continue;
    const indented = badIndent(source, code, pos[0]);
    const where = place(indented ?? pos[0]);
    lines.add(line!).add(where.line!);
    problems.push({ ...where, message: syntaxText(indented === undefined ? code : "BAD_INDENT") });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const targets = targetsOf(yaml, document);
  if (targets.size > MAX_ALIASES) {
    throw new ConfigError([{ file, message: `has ${targets.size} aliases; write out all but ${MAX_ALIASES}` }]);
  }
  return new YamlValue({ yaml, targets, place, left: bounds.tokens }, document.contents, place(0));
}

/**
 * Returns where a line begins that is indented wrongly, if that is the cause of an error. Two other errors of the
 * parser have that cause: a key that is indented deeper than the value before it looks like a second key in its line,
 * and one that is indented less than the first key stands after the end of the document.
 */
function badIndent(source: string, code: string, offset: number): number | undefined {
  const line = source.slice(offset, lineEnd(source, offset));
  if (code === "UNEXPECTED_TOKEN") return /^[\w-]+:(\s|$)/.test(line) ? offset : undefined;
  if (code !== "BLOCK_AS_IMPLICIT_KEY" || /:(\s|$)/.test(line)) return undefined;
  const next = /^\s*[\w-]+:(\s|$)/m.exec(source.slice(lineEnd(source, offset)));
  return next ? lineEnd(source, offset) + next.index + next[0].search(/[\w-]/) : undefined;
}

function lineEnd(source: string, offset: number): number {
  const end = source.indexOf("\n", offset);
  return end < 0 ? source.length : end;
}

function checkSize(yaml: Yaml, source: string, file: string, { bytes, tokens }: TextBounds): void {
  const tooLarge = (most: string) =>
    new ConfigError([{ file, message: `is too large for settings; use at most ${most}` }]);
  if (source.length > bytes) throw tooLarge(`${bytes} bytes`);
  let count = 0;
  for (const _ of new yaml.Lexer().lex(source)) {
    if (++count > tokens) throw tooLarge(`${tokens} keys, values and signs`);
  }
}

/** Returns the target of each alias: the last value before it that has its anchor, or undefined if there is none. */
function targetsOf(yaml: Yaml, document: ReturnType<Yaml["parseDocument"]>): Map<unknown, unknown> {
  const anchored = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  yaml.visit(document, {
    Alias: (_, alias) => void targets.set(alias, anchored.get(alias.source)),
    Value: (_, node) => void (node.anchor !== undefined && anchored.set(node.anchor, node)),
  });
  return targets;
}

interface Reader {
  readonly yaml: Yaml;
  readonly targets: ReadonlyMap<unknown, unknown>;
  place(offset: number): Where;
  /** How many more values may be read. With aliases, a text can have many more values than tokens. */
  left: number;
}

class YamlValue implements Sourced<Where> {
  readonly value: unknown;
  readonly where: Where;
  readonly head: Where;
  readonly unset: boolean;
  readonly items: readonly Where[];
  /** Whether the value contains an alias without a target. */
  readonly #isLoose: boolean;
  readonly #reader: Reader;
  readonly #target: unknown;

  constructor(reader: Reader, node: unknown, head: Where) {
    const { isAlias, isNode, isSeq } = reader.yaml;
    const placeOf = (item: unknown) => isNode(item) && item.range ? reader.place(item.range[0]) : head;
    const target = this.#target = isAlias(node) ? reader.targets.get(node) : node;
    this.#reader = reader;
    this.head = head;
    this.where = placeOf(node);
    const list = isSeq(target) ? target.items : [];
    this.items = list.map(placeOf);
    reader.left -= 1 + list.length;
    this.#isLoose = [node, ...list].some((item) => isAlias(item) && !reader.targets.get(item));
    const value = isSeq(target) ? list.map((item) => plainValue(reader, item)) : plainValue(reader, target);
    this.value = value;
    // An empty text counts as not set, as in an environment variable.
    this.unset = value === null || value === "";
  }

  get fault(): string | undefined {
    if (!this.#isLoose && this.#reader.left >= 0) return undefined;
    return "has an alias that stands for nothing, or for too much; write it out";
  }

  fields(
    path: string,
    report: (path: string, where: Where, message: string) => void,
  ): ReadonlyMap<string, Sourced<Where>> | undefined {
    const { yaml, place } = this.#reader;
    if (!yaml.isMap(this.#target)) return undefined;
    const fields = new Map<string, YamlValue>();
    for (const { key: node, value } of this.#target.items) {
      const { value: name, range } = node as { value: string; range?: [number] };
      const head = place(range?.[0] ?? 0);
      if (name.length > MAX_NAME_CHARACTERS) {
        report(
          path,
          head,
          `${path || "the file"} has a key of ${name.length} characters; use at most ${MAX_NAME_CHARACTERS}`,
        );
        continue;
      }
      const first = fields.get(name)?.head.line;
      if (first === undefined) fields.set(name, new YamlValue(this.#reader, value, head));
      else {
        const key = path ? `${path}.${name}` : name;
        report(key, head, `${key} comes twice, first in line ${first}; keep one of them`);
      }
    }
    return fields;
  }
}

/** Returns a scalar's value, or an empty stand-in of the same kind for others: settings have no lists within lists. */
function plainValue({ yaml, targets }: Reader, node: unknown): unknown {
  const target = yaml.isAlias(node) ? targets.get(node) : node;
  if (yaml.isScalar(target)) return target.value;
  return yaml.isMap(target) ? {} : yaml.isSeq(target) ? target.items.slice(0, 1) : null;
}

/**
 * Runs a function that must not read environment variables. At every token, the parser looks for LOG_TOKENS and
 * LOG_STREAM, which throws without permission: https://github.com/eemeli/yaml/blob/v2.9.1/src/parse/parser.ts. Its
 * browser build does not, but can't be imported here. Remove this function when either of the two changes.
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
