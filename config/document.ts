import process from "node:process";
import type { loadYaml } from "../deps.ts";
import type { Given } from "../policy/check.ts";
import { ConfigError, type ConfigProblem, type Where } from "./problem.ts";
import { syntaxText } from "./syntax.ts";

type Yaml = Awaited<ReturnType<typeof loadYaml>>;

/** The most aliases that a value may be made of: enough for a person, too few for a bomb. */
const MAX_ALIASES = 100;

/**
 * Reads YAML. What stands in it is looked at when it is asked for.
 *
 * @param source The text.
 * @param file What it is called in messages.
 * @throws {ConfigError} If it is not YAML.
 */
export function readDocument(yaml: Yaml, source: string, file: string): Given<Where> {
  const lines = new yaml.LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true } as const;
  const document = withoutVariables(() => yaml.parseDocument(source.replace(/^\ufeff/, ""), options));
  const place = (offset: number): Where => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems: ConfigProblem[] = [];
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    const where = place(pos[0]);
    // What follows in the same line is most often the same fault.
    if (problems.every(({ line }) => line !== where.line)) problems.push({ ...where, message: syntaxText(code) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return new YamlValue({ yaml, document, place }, document.contents, place(0));
}

interface Reader {
  readonly yaml: Yaml;
  readonly document: ReturnType<Yaml["parseDocument"]>;
  place(offset: number): Where;
}

class YamlValue implements Given<Where> {
  readonly value: unknown;
  readonly where: Where;
  readonly head: Where;
  readonly unset: boolean;
  readonly items: readonly Where[];
  readonly fault?: string;
  readonly #reader: Reader;
  readonly #target: unknown;

  constructor(reader: Reader, node: unknown, head: Where) {
    const { isAlias, isMap, isNode, isSeq } = reader.yaml;
    const placeOf = (one: unknown) => isNode(one) && one.range ? reader.place(one.range[0]) : head;
    const target = this.#target = isAlias(node) ? node.resolve(reader.document) : node;
    this.#reader = reader;
    this.head = head;
    this.where = placeOf(node);
    this.items = isSeq(target) ? target.items.map(placeOf) : [];
    let value: unknown;
    try {
      value = isMap(target) ? {} : isNode(node) ? node.toJS(reader.document, { maxAliasCount: MAX_ALIASES }) : null;
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error; // an alias without an anchor, or too many of them
      this.fault = "has an alias that stands for nothing, or for too much; write it out";
    }
    this.value = value;
    // An empty text is the same as no value, as it is in a variable.
    this.unset = value === null || value === "";
  }

  fields(
    path: string,
    report: (path: string, where: Where, message: string) => void,
  ): ReadonlyMap<string, Given<Where>> | undefined {
    const { yaml, place } = this.#reader;
    if (!yaml.isMap(this.#target)) return undefined;
    const fields = new Map<string, YamlValue>();
    for (const { key: node, value } of this.#target.items) {
      const { value: name, range } = node as { value: string; range?: [number] };
      const head = place(range?.[0] ?? 0);
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
