import { nearest } from "../base/did_you_mean.ts";
import type { AnyEntry, AnyKeyed, AnySection, Leaf } from "./fields.ts";

/** A value that somebody gave. */
export interface Given<W> {
  /** As plain data. */
  readonly value: unknown;
  /** Where it stands. */
  readonly where: W;
  /** Where its name stands. */
  readonly head: W;
  /** Whether it is as good as not given. */
  readonly unset: boolean;
  /** Why it can't be looked at. */
  readonly fault?: string;
  /**
   * What stands in it by name; undefined if it holds no names.
   *
   * @param path Its path.
   * @param report Takes what is wrong with the names themselves.
   */
  fields(path: string, report: Report<W>): ReadonlyMap<string, Given<W>> | undefined;
  /** Where the items of a list stand. */
  readonly items: readonly W[];
}

/** Takes what is wrong. */
type Report<W> = (path: string, where: W, message: string) => void;

/** How the place that values come from speaks. */
export interface Dialect {
  /** How it writes the name of a field: `maxBackoff`, `max_backoff`. */
  spell(field: string): string;
  /** What it calls a field. */
  readonly noun: string;
  /** What it calls what holds all. */
  readonly whole: string;
  /** What it calls a value with fields. */
  readonly object: string;
  /** What is wrong with a value that should have fields, and what to do. */
  noFields(described: string, off: boolean): string;
}

/** One thing that is wrong. */
export interface Problem<W> {
  /** The full path of the field. */
  readonly path: string;
  readonly where: W;
  readonly message: string;
  /** Whether it is a number of the right kind, out of its range. */
  readonly range: boolean;
}

/** How much of a text a message shows. */
const MAX_SHOWN_CHARACTERS = 100;

/** The path of a field within a section: `retry.attempts`. */
export const fieldPath = (parent: string, name: string): string => parent ? `${parent}.${name}` : name;

/** The path of an entry by a free name: `methods.Echo`, `methods["/echo.EchoService/Echo"]`. */
export const entryPath = (parent: string, name: string): string =>
  /^[\w-]+$/.test(name) ? fieldPath(parent, name) : `${parent}[${JSON.stringify(name)}]`;

/** Makes settings of what was given, as a declaration says, and finds all that is wrong with it. */
export class Checker<W> {
  /** What is wrong, in the order in which it was found. */
  readonly problems: Problem<W>[] = [];
  /** Where each path stands. */
  readonly places = new Map<string, W>();
  readonly #dialect: Dialect;
  readonly #root: AnyEntry;
  readonly #overrides: ReadonlyMap<string, Given<W>>;
  /** What was meant by unknown names, and what is there but wrong: it is not missing as well. */
  readonly #faulty = new Set<string>();
  /** The paths of the fields below a declaration, from it on. */
  readonly #paths = new Map<AnyEntry, readonly string[]>();

  /**
   * @param root The declaration of the whole.
   * @param overrides Values by path that come before those of the whole.
   */
  constructor(dialect: Dialect, root: AnyEntry, overrides: ReadonlyMap<string, Given<W>> = new Map()) {
    this.#dialect = dialect;
    this.#root = root;
    this.#overrides = overrides;
  }

  /** The value of the whole. It counts only where there are no problems. */
  check(given: Given<W>): unknown {
    return this.#entry(this.#root, given, "", given.where);
  }

  /** Reports what is wrong. */
  report(path: string, where: W, message: string, range = false): void {
    this.#faulty.add(path);
    this.problems.push({ path, where, message, range });
  }

  #entry(entry: AnyEntry, given: Given<W> | undefined, path: string, above: W): unknown {
    if (given) this.places.set(path, given.where);
    if (entry.kind === "section") return this.#section(entry, given, path, above);
    if (entry.kind === "map") return given && this.#map(entry, given, path);
    return this.#leaf(entry, given, path);
  }

  #section(section: AnySection, given: Given<W> | undefined, path: string, above: W): unknown {
    if (section.off && given?.value === false) return false;
    const fields = given && this.#fields(given, path, section.off);
    if (given && !fields && !given.unset) return undefined;
    const here = given?.head ?? above;
    const before = this.problems.length;
    this.#unknown(section, fields, path);
    const built: Record<string, unknown> = {};
    const missing: [path: string, where: W, allowed: string][] = [];
    for (const [name, entry] of Object.entries(section.entries)) {
      const one = fieldPath(path, this.#dialect.spell(name));
      const value = this.#overrides.get(one) ?? fields?.get(this.#dialect.spell(name));
      const result = this.#entry(entry, value, one, here);
      if (result !== undefined) built[name] = result;
      else if ("required" in entry && entry.required) missing.push([one, value?.where ?? here, entry.allowed]);
    }
    const isSet = Object.keys(built).length > 0 || this.problems.length > before;
    const isGiven = section.presence === "given" && given !== undefined && !given.unset;
    if (section.presence !== "always" && !isSet && !isGiven) return undefined;
    for (const [one, where, allowed] of missing) {
      if (!this.#faulty.has(one)) this.report(one, where, `${one} is missing; give ${allowed}`);
    }
    return built;
  }

  #map({ entry }: AnyKeyed, given: Given<W>, path: string): unknown {
    const fields = this.#fields(given, path, false);
    if (!fields) return undefined;
    // Names are free: one may be that of a property which every object has.
    const built: Record<string, unknown> = Object.create(null);
    for (const [name, one] of fields) {
      const value = this.#entry(entry, one, entryPath(path, name), given.head);
      if (value !== undefined) built[name] = value;
    }
    return built;
  }

  #fields(given: Given<W>, path: string, off: boolean): ReadonlyMap<string, Given<W>> | undefined {
    if (given.fault) return void this.report(path, given.where, `${path} ${given.fault}`);
    const fields = given.fields(path, (path, where, message) => this.report(path, where, message));
    if (fields || given.unset) return fields;
    const described = describe(given.value, this.#dialect);
    this.report(
      path,
      off ? given.where : given.head,
      `${path || this.#dialect.whole} ${this.#dialect.noFields(described, off)}`,
    );
  }

  #unknown(section: AnySection, fields: ReadonlyMap<string, Given<W>> | undefined, path: string): void {
    const { spell, noun, whole } = this.#dialect;
    const names = Object.keys(section.entries).map(spell);
    for (const [name, { head }] of fields ?? []) {
      if (names.includes(name)) continue;
      const near = nearest(name, names);
      const meant = near !== undefined ? fieldPath(path, near) : this.#find(name, section, path);
      if (meant) this.#faulty.add(meant);
      const help = meant ? `did you mean ${meant}?` : `${path || whole} may have ${names.join(", ")}`;
      const one = entryPath(path, name);
      this.report(one, head, `${one} is not a ${noun}; ${help}`);
    }
  }

  /** The field of that name below the section, else anywhere. */
  #find(name: string, section: AnySection, path: string): string | undefined {
    const end = `.${this.#dialect.spell(name)}`;
    const isMeant = (one: string) => one.endsWith(end);
    const below = this.#pathsOf(section).find(isMeant);
    return below === undefined ? this.#pathsOf(this.#root).find(isMeant) : fieldPath(path, below);
  }

  #pathsOf(entry: AnyEntry): readonly string[] {
    const paths = this.#paths.get(entry) ?? [...pathsBelow(entry, "", this.#dialect)];
    this.#paths.set(entry, paths);
    return paths;
  }

  #leaf(leaf: Leaf<unknown>, given: Given<W> | undefined, path: string): unknown {
    if (given?.fault) return void this.report(path, given.where, `${path} ${given.fault}`);
    if (!given || given.unset) return leaf.fallback;
    const { value, where, items } = given;
    if (leaf.item && Array.isArray(value)) {
      value.forEach((item, i) => this.#value(leaf.item!, item, `${path}[${i}]`, items[i] ?? where));
    }
    return this.#value(leaf, value, path, where);
  }

  #value(leaf: Leaf<unknown>, value: unknown, path: string, where: W): unknown {
    const checked = leaf.check(value);
    if (checked !== undefined) return checked;
    const near = typeof value === "string" ? nearest(value, leaf.texts ?? []) : undefined;
    const quotes = leaf.kind === "text" && ["number", "boolean"].includes(typeof value);
    const use = near === undefined ? `use ${leaf.allowed}` : `did you mean ${near}? Use ${leaf.allowed}`;
    const what = describe(value, this.#dialect, leaf.secret);
    const range = leaf.kind === "number" && typeof value === "number";
    this.report(path, where, `${path} is ${what}; ${use}${quotes ? " (in quotes)" : ""}`, range);
  }
}

/** The paths of all fields of a declaration, but for those under free names. */
export function* pathsBelow(entry: AnyEntry, path: string, dialect: Dialect): Generator<string> {
  if (entry.kind !== "section") return;
  for (const [name, one] of Object.entries(entry.entries)) {
    const below = fieldPath(path, dialect.spell(name));
    yield below;
    yield* pathsBelow(one, below, dialect);
  }
}

function describe(value: unknown, dialect: Dialect, secret = false): string {
  if (Array.isArray(value)) return value.length > 0 ? "a list" : "an empty list";
  if (value === null) return "nothing";
  if (typeof value === "object") return dialect.object;
  if (typeof value === "function") return "a function";
  if (secret) return typeof value === "string" ? "a text" : `a ${typeof value}`;
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value);
}
