/** A value from some source, with its position for error messages. */
export interface Sourced<W> {
  /** The value as plain data. */
  readonly value: unknown;
  /** The position of the value. */
  readonly where: W;
  /** The position of the field's name. */
  readonly head: W;
  /** Whether the value counts as not set. */
  readonly unset: boolean;
  /** Why the value can't be read. */
  readonly fault?: string;
  /**
   * Returns the fields of the value by name, or undefined if the value has no fields.
   *
   * @param path The path of the value.
   * @param report Receives problems with the names themselves.
   */
  fields(path: string, report: Report<W>): ReadonlyMap<string, Sourced<W>> | undefined;
  /** The positions of a list's items. */
  readonly items: readonly W[];
}

/** Receives one problem. */
type Report<W> = (path: string, where: W, message: string) => void;

/** The words that messages use for one source of settings, such as code or YAML. */
export interface Dialect {
  /** Returns a field's name as the source spells it: `maxBackoff` or `max_backoff`. */
  spell(field: string): string;
  /** The word for a field, with its article. */
  readonly noun: string;
  /** The word for the outermost value. */
  readonly whole: string;
  /** The word for a value with fields. */
  readonly object: string;
  /** The word for null. */
  readonly nothing: string;
  /** Returns the message for a value that should have fields but has none. `use` is the section's form in code. */
  noFields(described: string, off: boolean, use?: string): string;
  /** A hint that is added if a field exists, but in another section. */
  readonly elsewhere?: string;
}

/** One problem in the settings. */
export interface Problem<W> {
  /** The full path of the field. */
  readonly path: string;
  readonly where: W;
  readonly message: string;
  /** Whether the value is a number of the right kind, but out of range. */
  readonly range?: boolean;
  /** The value, if there is one that is not secret. */
  readonly value?: unknown;
  /** The allowed values in words; undefined if the field does not exist. */
  readonly allowed?: string;
  /**
   * The path of the field's section: `""` for the outermost value. It is set only if the field does not exist and the
   * message suggests no other field.
   */
  readonly unknownIn?: string;
}

/** Returns the path of a field within a section: `retry.attempts`. */
export const fieldPath = (parent: string, name: string): string => parent ? `${parent}.${name}` : name;

/** Returns the path of an entry with a free name: `methods.Echo` or `methods["/echo.EchoService/Echo"]`. */
export const entryPath = (parent: string, name: string): string =>
  /^[\w-]+$/.test(name) ? fieldPath(parent, name) : `${parent}[${JSON.stringify(name)}]`;
