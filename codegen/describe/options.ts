import { CUSTOM } from "../../codec/descriptor/custom_options.ts";
import type { FieldJson, MessageJson, Options } from "../../codec/descriptor/json_types.ts";
import { didYouMean } from "../../base/text/did_you_mean.ts";
import { fieldsByName } from "./descriptor_index.ts";
import { OptionValues } from "./option_values.ts";
import type { Declaration, Kind, Option } from "../parse/outline.ts";
import { article, MOST_PROBLEMS, type ProtoProblem } from "../problem.ts";
import type { Scope } from "../resolve/scope.ts";
import { bytesOf, hasExtension, jsonOf, type Setting } from "./settings.ts";
import type { Symbol } from "../resolve/symbols.ts";
import type { Source } from "../parse/tokens.ts";

/** The messages of descriptor.proto that have the options of each kind, and what `targets` calls the kind. */
const TYPES: Partial<Record<Kind, readonly [type: string, target: string]>> = {
  file: ["FileOptions", "FILE"],
  message: ["MessageOptions", "MESSAGE"],
  group: ["FieldOptions", "FIELD"],
  enum: ["EnumOptions", "ENUM"],
  service: ["ServiceOptions", "SERVICE"],
  oneof: ["OneofOptions", "ONEOF"],
  field: ["FieldOptions", "FIELD"],
  value: ["EnumValueOptions", "ENUM_ENTRY"],
  rpc: ["MethodOptions", "METHOD"],
  extensions: ["ExtensionRangeOptions", "EXTENSION_RANGE"],
};

/** What a field has in its brackets that is no option. */
const PSEUDO = ["default", "json_name"];

/** Finds what the options of a file mean: the fields of the messages in descriptor.proto, and extensions of these. */
export class OptionReader {
  /** What is wrong. */
  readonly problems: ProtoProblem[] = [];
  /** The files whose extensions are used. */
  readonly used = new Set<string>();
  readonly #source: Source;
  readonly #scope: Scope;
  readonly #values: OptionValues;

  constructor(source: Source, scope: Scope) {
    this.#source = source;
    this.#scope = scope;
    this.#values = new OptionValues(source, scope, this.problems, this.used);
  }

  /**
   * The options of a declaration; undefined if it has none. Extensions are encoded: JSON has no names for them.
   *
   * @param isBuiltIn Whether to look only at the options that descriptor.proto has.
   */
  of(one: Declaration, isBuiltIn = false): Options | undefined {
    const [type, target] = TYPES[one.kind]!;
    const settings: Setting[] = [];
    const set = new Set<string>();
    for (const option of one.options) {
      if (/^(field|group)$/.test(one.kind) && PSEUDO.includes(option.name)) continue;
      if (isBuiltIn && option.name.includes("(")) continue;
      const setting = this.#read(option, one, type, set);
      if (setting === undefined || isOfSource(setting)) continue;
      this.#checkTarget(option, setting, target);
      settings.push(setting);
    }
    if (settings.length === 0) return undefined;
    const custom = bytesOf(settings.filter(hasExtension));
    const json = jsonOf(settings.filter((setting) => !hasExtension(setting)));
    return custom.length === 0 ? json : { ...json, [CUSTOM]: custom.toBase64() };
  }

  /** What an option sets, from the outermost field to the value. */
  #read(option: Option, owner: Declaration, type: string, set: Set<string>): Setting | undefined {
    const path = this.#path(option, owner, type);
    if (path === undefined) return;
    const field = path.at(-1)!;
    const keys = path.map((_, i) => path.slice(0, i + 1).map(keyOf).join("/"));
    if (set.has(keys.at(-1)!) && field.label !== "LABEL_REPEATED") {
      return this.#fail(option, `the option ${option.name} is set twice; remove one`);
    }
    const value = this.#values.read(option.value, field, owner.fullName, option.name);
    if (value === undefined) return;
    const inner = value.kind === "message" ? value.settings.map((one) => `${keys.at(-1)}/${keyOf(one.field)}`) : [];
    for (const key of [...keys, ...inner]) set.add(key);
    return path.slice(0, -1).reduceRight<Setting>(
      (inner, field) => ({ field, value: { kind: "message", settings: [inner] } }),
      { field, value },
    );
  }

  /** The fields that an option's name leads through. */
  #path(option: Option, owner: Declaration, type: string): FieldJson[] | undefined {
    const path: FieldJson[] = [];
    let message = this.#scope.reach(`google.protobuf.${type}`)!;
    for (const [i, { name, isExtension }] of option.parts.entries()) {
      const field = isExtension
        ? this.#extension(option, name, owner, message)
        : this.#field(option, name, owner, message, i === 0);
      if (field === undefined) return;
      path.push(field);
      const next = option.parts[i + 1];
      if (next === undefined) break;
      const isSingle = /^TYPE_(MESSAGE|GROUP)$/.test(field.type) && field.label !== "LABEL_REPEATED";
      if (!isSingle) {
        return this.#fail(option, `${name} is not a single message; set it as a whole, without .${next.name}`);
      }
      message = this.#values.type(field.typeName!)!;
    }
    return path;
  }

  #field({ at, name: whole }: Option, name: string, owner: Declaration, { json, fullName }: Symbol, isFirst: boolean) {
    const fields = fieldsByName(json as MessageJson);
    const found = fields.get(name);
    if (found && name !== "uninterpreted_option") return found;
    const remedy = (this.problems.length < MOST_PROBLEMS && didYouMean(name, fields.keys())) ||
      (isFirst ? `; remove it, or put a custom option's name in parentheses: (${name})` : "");
    const what = isFirst ? article(owner.kind === "rpc" ? "method" : owner.kind) : fullName;
    const noun = isFirst ? "option" : "field";
    return void this.problems.push(
      this.#source.problem(at.at, `${what} has no ${noun} ${isFirst ? whole : name}${remedy}`),
    );
  }

  #extension(option: Option, name: string, owner: Declaration, { fullName }: Symbol): FieldJson | undefined {
    const { symbol } = this.#scope.find(name, `${owner.fullName}.x`, false);
    const field = symbol?.kind === "extension" ? symbol.json as FieldJson : undefined;
    if (field === undefined) {
      return this.#fail(option, `there is no extension ${name}; import the file that declares it`);
    }
    if (field.extendee !== `.${fullName}`) {
      const extended = field.extendee?.slice(1);
      return this.#fail(option, `(${name}) extends ${extended}, and stands here for ${fullName}; use another option`);
    }
    this.used.add(symbol!.file);
    return field;
  }

  /** Some options say themselves where they may stand. */
  #checkTarget(option: Option, { field, value }: Setting, target: string): void {
    const { targets } = (field.options ?? {}) as { targets?: readonly string[] };
    if (targets && !targets.includes(`TARGET_TYPE_${target}`)) {
      const noun = target.toLowerCase().replace("_", " ");
      this.#fail(option, `${field.name} can't stand at ${article(noun)}; move it, or remove it`);
    }
    if (value.kind === "message") { for (const one of value.settings) this.#checkTarget(option, one, target); }
  }

  #fail({ at }: Option, text: string): undefined {
    this.problems.push(this.#source.problem(at.at, text));
  }
}

/** Tells a field or an extension from others of its message. */
const keyOf = ({ extendee = "", number }: FieldJson) => `${extendee}${number}`;

/** Options that are for who reads the source are not in descriptors. */
const isOfSource = ({ field }: Setting) => field.options?.retention === "RETENTION_SOURCE";
