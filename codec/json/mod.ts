/**
 * Messages to JSON and back, by the rules of https://protobuf.dev/programming-guides/json/
 *
 * @module
 */

import type { protobuf } from "../../deps.ts";
import type { JsonValue } from "../../rpc/json.ts";
import { Excess, Misfit } from "../misfit.ts";
import { messageJson } from "./message.ts";
import type { JsonContext } from "./value.ts";

/**
 * Writes a message as JSON.
 *
 * @throws {TypeError} If it is not of the type, or has no JSON.
 */
export function toJson(type: protobuf.Type, message: unknown, context: JsonContext): JsonValue {
  return named(type, () => messageJson(type).write(message, context, 0));
}

/**
 * Reads a message from JSON.
 *
 * @throws {TypeError} If it is none of the type.
 * @throws {RpcError} If it costs too much.
 */
export function fromJson(type: protobuf.Type, json: JsonValue, context: JsonContext): unknown {
  return named(type, () => messageJson(type).read(json, context, 0));
}

function named<T>(type: protobuf.Type, use: () => T): T {
  try {
    return use();
  } catch (thrown) {
    throw thrown instanceof Misfit || thrown instanceof Excess ? thrown.of(type.fullName.slice(1)) : thrown;
  }
}
