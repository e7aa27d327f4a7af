import { nearest } from "../text/did_you_mean.ts";
import type { AnyEntry, AnyKeyed, AnySection, Leaf } from "./fields.ts";
import { type Dialect, entryPath, fieldPath, type Problem, type Sourced } from "./sourced.ts";

/** The longest text that a message quotes. */
const MAX_SHOWN_CHARACTERS = 100;

/** Converts values into settings by a declaration, and collects all problems. */
export class Checker<W> {
  /** The problems, in the order in which they were found. */
  readonly problems: Problem<W>[] = [];
  /** The position of each path. */
  readonly places = new Map<string, W>();
  /** The position of the name of each entry with a free name, by its path. */
  readonly names = new Map<string, W>();
  readonly #dialect: Dialect;
  readonly #root: AnyEntry;
  readonly #overrides: ReadonlyMap<string, Sourced<W>>;
  /** Paths that are present but wrong, or meant by a misspelt name. They are not reported as missing as well. */
  readonly #faulty = new Set<string>();
  /** For each declaration, the paths of the fields below it, relative to it. */
  readonly #paths = new Map<AnyEntry, readonly string[]>();

  /**
   * @param root The declaration of the outermost value.
   * @param overrides Values by path that override those of the outermost value.
   */
  constructor(dialect: Dialect, root: AnyEntry, overrides: ReadonlyMap<string, Sourced<W>> = new Map()) {
    this.#dialect = dialect;
    this.#root = root;
    this.#overrides = overrides;
  }

  /** Returns the settings. They are valid only if there are no problems. */
  check(given: Sourced<W>): unknown {
    return this.#entry(this.#root, given, "", given.where);
  }

  /** Adds a problem. */
  report(path: string, where: W, message: string, more?: Omit<Problem<W>, "path" | "where" | "message">): void {
    this.#faulty.add(path);
    this.problems.push({ path, where, message, ...more });
  }

  #entry(entry: AnyEntry, given: Sourced<W> | undefined, path: string, above: W): unknown {
    if (given) this.places.set(path, given.where);
    if (entry.kind === "section") return this.#section(entry, given, path, above);
    if (entry.kind === "map") return given && this.#map(entry, given, path);
    return this.#leaf(entry, given, path);
  }

  #section(section: AnySection, given: Sourced<W> | undefined, path: string, above: W): unknown {
    if (section.off && given?.value === false) return false;
    const fields = given && this.#fields(given, path, section);
    if (given && !fields && !given.unset) return undefined;
    const here = given?.head ?? above;
    const before = this.problems.length;
    this.#unknown(section, fields, path);
    const built: Record<string, unknown> = {};
    let isSet = false;
    const missing: [path: string, where: W, allowed: string][] = [];
    for (const [name, entry] of Object.entries(section.entries)) {
      const at = fieldPath(path, this.#dialect.spell(name));
      const value = this.#overrides.get(at) ?? fields?.get(this.#dialect.spell(name));
      const result = this.#entry(entry, value, at, here);
      isSet ||= result !== undefined;
      if (result !== undefined) built[name] = result;
      else if (section.filled && "fallback" in entry) built[name] = entry.fallback;
      else if ("required" in entry && entry.required) missing.push([at, value?.where ?? here, entry.allowed]);
    }
    isSet ||= this.problems.length > before;
    const isGiven = section.presence === "given" && given !== undefined && !given.unset;
    if (section.presence !== "always" && !isSet && !isGiven) return undefined;
    for (const [at, where, allowed] of missing) {
      if (!this.#faulty.has(at)) this.report(at, where, `${at} is missing; give ${allowed}`, { allowed });
    }
    return built;
  }

  #map({ entry, use }: AnyKeyed, given: Sourced<W>, path: string): unknown {
    const fields = this.#fields(given, path, { use });
    if (!fields) return undefined;
    // Names are free: a name may equal a property that every object has, such as `constructor`.
    const built: Record<string, unknown> = Object.create(null);
    const { spell, elsewhere = "" } = this.#dialect;
    const fieldsOf = entry.kind === "section" ? Object.keys(entry.entries).map(spell) : [];
    let above: string | undefined;
    for (const [name, item] of fields) {
      const here = entryPath(path, name);
      this.names.set(here, item.head);
      // A field that belongs to the entry above it.
      const meant = above !== undefined && typeof item.value !== "object" && fieldsOf.includes(name);
      if (item.unset) above = here;
      if (meant) this.report(here, item.head, `${here} is not an entry; did you mean ${above}.${name}?${elsewhere}`);
      if (meant) continue;
      const value = this.#entry(entry, item, here, given.head);
      if (value !== undefined) built[name] = value;
    }
    return built;
  }

  #fields(
    given: Sourced<W>,
    path: string,
    { off = false, use }: Partial<AnySection> = {},
  ): ReadonlyMap<string, Sourced<W>> | undefined {
    if (given.fault) return void this.report(path, given.where, `${path} ${given.fault}`);
    const fields = given.fields(path, (path, where, message) => this.report(path, where, message));
    if (fields || given.unset) return fields;
    const described = describe(given.value, this.#dialect);
    this.report(
      path,
      off ? given.where : given.head,
      `${path || this.#dialect.whole} ${this.#dialect.noFields(described, off, use)}`,
      { value: given.value, allowed: use },
    );
  }

  #unknown(section: AnySection, fields: ReadonlyMap<string, Sourced<W>> | undefined, path: string): void {
    const { spell, noun, whole } = this.#dialect;
    const names = Object.keys(section.entries).map(spell);
    for (const [name, { head }] of fields ?? []) {
      if (names.includes(name)) continue;
      const near = nearest(name, names);
      const meant = near !== undefined ? fieldPath(path, near) : this.#find(name, section, path, fields!);
      if (meant) this.#faulty.add(meant);
      const hint = near === undefined && this.#dialect.elsewhere || "";
      const help = meant ? `did you mean ${meant}?${hint}` : `${path || whole} may have ${names.join(", ")}`;
      const at = entryPath(path, name);
      this.report(at, head, `${at} is not ${noun}; ${help}`, meant ? undefined : { unknownIn: path });
    }
  }

  /** Returns the path of the field with that name: in the section if it has one, otherwise anywhere. */
  #find(
    name: string,
    section: AnySection,
    path: string,
    fields: ReadonlyMap<string, Sourced<W>>,
  ): string | undefined {
    const end = `.${this.#dialect.spell(name)}`;
    const isMeant = (at: string) => `.${at}`.endsWith(end);
    const below = this.#pathsOf(section).find(isMeant);
    if (below !== undefined) return fieldPath(path, below);
    const anywhere = this.#pathsOf(this.#root).find(isMeant);
    if (anywhere !== undefined) return anywhere;
    // The name may be free: an entry of an empty map beside it.
    for (const [map, { kind }] of Object.entries(section.entries)) {
      const spelt = this.#dialect.spell(map);
      if (kind === "map" && fields.get(spelt)?.unset) return entryPath(fieldPath(path, spelt), name);
    }
  }

  #pathsOf(entry: AnyEntry): readonly string[] {
    const paths = this.#paths.get(entry) ?? [...pathsBelow(entry, "", this.#dialect)];
    this.#paths.set(entry, paths);
    return paths;
  }

  #leaf(leaf: Leaf<unknown>, given: Sourced<W> | undefined, path: string): unknown {
    if (given?.fault) return void this.report(path, given.where, `${path} ${given.fault}`);
    if (!given || given.unset) return undefined;
    const { value, where, items } = given;
    if (leaf.item && Array.isArray(value)) {
      value.forEach((item, i) => this.#value(leaf.item!, item, `${path}[${i}]`, items[i] ?? where));
    }
    return this.#value(leaf, value, path, where);
  }

  #value(leaf: Leaf<unknown>, value: unknown, path: string, where: W): unknown {
    const checked = leaf.check(value);
    if (checked !== undefined) return checked;
    const { allowed, secret } = leaf;
    const near = typeof value === "string" ? nearest(value, leaf.texts ?? []) : undefined;
    const quotes = leaf.kind === "text" && ["number", "boolean"].includes(typeof value);
    const use = near === undefined ? `use ${allowed}` : `did you mean ${near}? Use ${allowed}`;
    const text = leaf.problem?.(value) ??
      `is ${describe(value, this.#dialect, secret)}; ${use}${quotes ? " (in quotes)" : ""}`;
    const range = leaf.kind === "number" && typeof value === "number";
    this.report(path, where, `${path} ${text}`, { range, allowed, value: secret ? undefined : value });
  }
}

/** Yields the paths of all fields of a declaration, except those under free names. */
export function* pathsBelow(entry: AnyEntry, path: string, dialect: Dialect): Generator<string> {
  if (entry.kind !== "section") return;
  for (const [name, item] of Object.entries(entry.entries)) {
    const below = fieldPath(path, dialect.spell(name));
    yield below;
    yield* pathsBelow(item, below, dialect);
  }
}

function describe(value: unknown, dialect: Dialect, secret = false): string {
  if (Array.isArray(value)) return value.length > 0 ? "a list" : "an empty list";
  if (value === null) return dialect.nothing;
  if (typeof value === "object") return dialect.object;
  if (typeof value === "function") return "a function";
  if (secret) return typeof value === "string" ? "a text" : `a ${typeof value}`;
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value);
}
