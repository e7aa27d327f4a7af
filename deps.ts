// deno-lint-ignore-file no-import-prefix -- a remote module has no import map: full specifiers stand only here
/**
 * Every package that `mod.ts` loads, each specifier once. A remote module gets no import map of its own, so the
 * specifiers are complete. What some users need is behind a function, so that importing `mod.ts` does not load it. It
 * is downloaded all the same: Deno follows a literal `import("npm:...")` that is never called. So the packages of the
 * other entries have a deps.ts of their own: in cli/, testing/ and transport/grpc_js/.
 *
 * @module
 */

// Messages to bytes and .proto to descriptors. Seen by codec/ and codegen/ only.
export { default as protobuf } from "npm:protobufjs@8.8.1";
/** Loads descriptor.proto, in protobufjs's JSON form. */
export const loadDescriptorProto = (): Promise<{ default: Record<string, unknown> }> =>
  import("npm:protobufjs@8.8.1/google/protobuf/descriptor.json", { with: { type: "json" } });

// The Consul client. Seen by registry/consul/http.ts only.
export type { default as Consul } from "npm:consul@2.0.1";
/** Loads the Consul client. */
export const loadConsul = async (): Promise<typeof import("npm:consul@2.0.1")> =>
  (await import("npm:consul@2.0.1")).default;

// conf.yaml: a parser that knows its lines. Seen by config/ only.
/** Loads the YAML parser. */
export const loadYaml = (): Promise<typeof import("npm:yaml@2.9.1")> => import("npm:yaml@2.9.1");
