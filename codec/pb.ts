/**
 * The messages of google/protobuf/*.proto: what generated code has as `pb`.
 *
 * @module
 */

export * from "./type_messages.ts";
export * from "./well_known.ts";
