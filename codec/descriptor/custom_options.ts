import { protobuf } from "../../deps.ts";
import type { Descriptor } from "./options.ts";

/**
 * The name by which options hold the custom ones: extensions of descriptor.proto's messages. They are encoded, in
 * base64: JSON has no names for them, and to decode them takes the files that declare them.
 */
export const CUSTOM = "custom_options";

/**
 * A descriptor in which repeated options are lists. protobufjs's JSON has the only value, or the last, where there is
 * one.
 *
 * @param json The descriptor, with the names of the .proto.
 * @param type The descriptor's type.
 */
export function withLists(json: Descriptor, type: protobuf.Type): Descriptor {
  const copy = { ...json };
  for (const field of type.fieldsArray) {
    const name = (field as unknown as { protoName: string }).protoName;
    if (copy[name] === undefined) continue;
    if (field.repeated && !Array.isArray(copy[name])) copy[name] = [copy[name]];
    const inner = field.resolve().resolvedType;
    if (!(inner instanceof protobuf.Type)) continue;
    const isObject = (one: unknown): one is Descriptor => typeof one === "object" && one !== null;
    const value = copy[name] as unknown;
    if (Array.isArray(value)) copy[name] = value.map((one) => isObject(one) ? withLists(one, inner) : one);
    else if (isObject(value)) copy[name] = withLists(value, inner);
  }
  return copy;
}

/** Encodes the options of one message of descriptor.proto, by that message's full name. */
export interface OptionsCodec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/**
 * Puts custom options into a descriptor.
 *
 * @param message The descriptor as it was read of the JSON, which does not hold them.
 * @param json The same in JSON with the names of the .proto, which holds them.
 * @param type The descriptor's type.
 * @param codecOf Gives the codec of a type.
 */
export function putCustomOptions(
  message: Record<string, unknown>,
  json: Descriptor,
  type: protobuf.Type,
  codecOf: (type: protobuf.Type) => OptionsCodec,
): void {
  for (const field of type.fieldsArray) {
    const one = json[(field as unknown as { protoName: string }).protoName];
    const inner = field.resolve().resolvedType;
    if (typeof one !== "object" || one === null || !(inner instanceof protobuf.Type)) continue;
    const value = message[field.name];
    if (Array.isArray(one)) {
      for (const [i, each] of one.entries()) {
        putCustomOptions((value as Record<string, unknown>[])[i]!, each, inner, codecOf);
      }
    } else if (typeof one[CUSTOM] === "string") {
      const codec = codecOf(inner);
      const known = codec.encode(value);
      const custom = Uint8Array.fromBase64(one[CUSTOM]);
      const both = new Uint8Array(known.length + custom.length);
      both.set(known);
      both.set(custom, known.length);
      message[field.name] = codec.decode(both);
    } else putCustomOptions(value as Record<string, unknown>, one, inner, codecOf);
  }
}
