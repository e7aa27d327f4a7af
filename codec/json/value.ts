import type { JsonValue } from "../../rpc/json.ts";
import type { protobuf } from "../../deps.ts";
import type { Costs } from "../binary/costs.ts";

/** What holds while a message is written as JSON, or read from it. */
export interface JsonContext {
  readonly emitDefaults?: boolean;
  readonly ignoreUnknownFields?: boolean;
  /** What the message costs that is read, or that an Any holds. */
  readonly costs: Costs;
  /** Finds what an Any holds. */
  find(typeName: string): protobuf.Type | undefined;
}

/** Turns values of one type into JSON and back: a scalar, an enum, a message, a list, a map. */
export interface JsonCodec {
  /** Whether null is a value of it, and not what is not there. */
  readonly takesNull?: boolean;
  /** @throws {Misfit} If the value is not of the type. */
  write(value: unknown, context: JsonContext, depth: number): JsonValue;
  /**
   * Undefined if the value shall be passed over.
   *
   * @throws {Misfit} If the JSON is no such value.
   */
  read(json: JsonValue, context: JsonContext, depth: number): unknown;
}

/** Whether JSON is an object. */
export const isObject = (json: JsonValue): json is { [name: string]: JsonValue } =>
  typeof json === "object" && json !== null && !Array.isArray(json);
