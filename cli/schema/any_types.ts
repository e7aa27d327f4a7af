import { type JsonValue, type MessageType, pb } from "../../mod.ts";
import * as errorDetails from "../../errors/mod.ts";
import { type Schema, SchemaError } from "./schema.ts";

/**
 * Finds the types of messages in `google.protobuf.Any`. They may be in files that the method's own file does not
 * import.
 */
export class AnyTypes {
  readonly #schema: Schema;
  readonly #found = new Map<string, MessageType<unknown> | undefined>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** The types that have been found so far. */
  get types(): MessageType<unknown>[] {
    return [...this.#found.values()].filter((type) => type !== undefined);
  }

  /** Returns the type with a name. */
  async find(name: string): Promise<MessageType<unknown> | undefined> {
    if (!this.#found.has(name) && this.#found.size < MAX_TYPES) {
      const known = WELL_KNOWN.get(name);
      // A server that can't be asked now must not hide a type that the kit knows.
      const found = await this.#schema.findType(name).catch(known ? () => undefined : unknownType);
      this.#found.set(name, found ?? known);
    }
    return this.#found.get(name);
  }

  /** Finds the types that a request's JSON names in `"@type"`. */
  async ofJson(json: JsonValue): Promise<void> {
    if (typeof json !== "object" || json === null) return;
    if (!Array.isArray(json) && typeof json["@type"] === "string") await this.find(nameOf(json["@type"]));
    for (const part of Object.values(json)) await this.ofJson(part);
  }

  /**
   * Finds the types that a message contains.
   *
   * @param depth The number of enclosing Any messages. Each level copies the bytes of the level below, so an unlimited
   * depth would take quadratic time.
   */
  async ofMessage(message: unknown, depth = 0): Promise<void> {
    if (depth > MAX_DEPTH) return;
    if (typeof message !== "object" || message === null || message instanceof Uint8Array) return;
    const { typeUrl, value } = message as { typeUrl?: unknown; value?: unknown };
    if (typeof typeUrl === "string" && value instanceof Uint8Array) {
      const type = await this.find(nameOf(typeUrl));
      try {
        if (type) await this.ofMessage(type.decode(value), depth + 1);
      } catch {
        // Not an Any, or a damaged one. The code that shows it reports that.
      }
      return;
    }
    const parts = message instanceof Map ? message.values() : Object.values(message);
    for (const part of parts) await this.ofMessage(part, depth + 1);
  }
}

/** The types that come with the kit: a server need not know them. */
const WELL_KNOWN = new Map(
  Object.values<unknown>({ ...pb, ...errorDetails }).filter(isType).map((type) => [type.typeName, type] as const),
);

function isType(value: unknown): value is MessageType<unknown> {
  return typeof value === "object" && value !== null && "typeName" in value && "decode" in value;
}

/** The maximum nesting of messages. */
const MAX_DEPTH = 100;
/** The maximum number of types that are looked up. */
const MAX_TYPES = 1000;

const nameOf = (url: string) => url.slice(url.lastIndexOf("/") + 1);

/** Ignores an unknown type. The code that needs it reports that. */
function unknownType(error: unknown): undefined {
  if (!(error instanceof SchemaError)) throw error;
}
