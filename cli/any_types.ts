import type { JsonValue, MessageType } from "../mod.ts";
import { type Schema, SchemaError } from "./schema.ts";

/** Finds the types of what `google.protobuf.Any` holds, which may be in no file that the method's own imports. */
export class AnyTypes {
  readonly #schema: Schema;
  readonly #found = new Map<string, MessageType<unknown> | undefined>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** The types that are found so far. */
  get types(): MessageType<unknown>[] {
    return [...this.#found.values()].filter((type) => type !== undefined);
  }

  /** Looks a type up by its name. */
  async find(name: string): Promise<MessageType<unknown> | undefined> {
    if (!this.#found.has(name) && this.#found.size < MAX_TYPES) {
      this.#found.set(name, await this.#schema.findType(name).catch(unknownType));
    }
    return this.#found.get(name);
  }

  /** Finds what a request's JSON names: `"@type"`. */
  async ofJson(json: JsonValue): Promise<void> {
    if (typeof json !== "object" || json === null) return;
    if (!Array.isArray(json) && typeof json["@type"] === "string") await this.find(nameOf(json["@type"]));
    for (const part of Object.values(json)) await this.ofJson(part);
  }

  /**
   * Finds what a message holds.
   *
   * @param depth In how many others it is. Each one within another has been copied out of it, so that a long chain
   * would take for ever.
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
        // No Any, or a damaged one: whoever shows it says so.
      }
      return;
    }
    const parts = message instanceof Map ? message.values() : Object.values(message);
    for (const part of parts) await this.ofMessage(part, depth + 1);
  }
}

/** As deep as messages may be nested. */
const MAX_DEPTH = 100;
/** How many types are looked up. */
const MAX_TYPES = 1000;

const nameOf = (url: string) => url.slice(url.lastIndexOf("/") + 1);

/** Whoever uses the type says that it is not known. */
function unknownType(error: unknown): undefined {
  if (!(error instanceof SchemaError)) throw error;
}
