import { loadBundledProtos } from "../deps.ts";

/** What the files hold whose messages are `pb`. */
const WELL_KNOWN: Record<string, string> = {
  any: "message Any { string type_url = 1; bytes value = 2; }",
  duration: "message Duration { int64 seconds = 1; int32 nanos = 2; }",
  empty: "message Empty {}",
  field_mask: "message FieldMask { repeated string paths = 1; }",
  struct: `
    message Struct { map<string, Value> fields = 1; }
    message Value {
      oneof kind {
        NullValue null_value = 1;
        double number_value = 2;
        string string_value = 3;
        bool bool_value = 4;
        Struct struct_value = 5;
        ListValue list_value = 6;
      }
    }
    enum NullValue { NULL_VALUE = 0; }
    message ListValue { repeated Value values = 1; }`,
  timestamp: "message Timestamp { int64 seconds = 1; int32 nanos = 2; }",
  wrappers: ["double", "float", "int64", "uint64", "int32", "uint32", "bool", "string", "bytes"].map((type) => {
    const name = type.replace(/^(ui|.)/, (letters) => letters.toUpperCase());
    return `message ${name}Value { ${type} value = 1; }`;
  }).join("\n"),
};

/** Whose messages hold the options of declarations. */
export const DESCRIPTOR = "google/protobuf/descriptor.proto";

const texts = new Map(Object.entries(await loadBundledProtos()));
// protoc would refuse how options are written in protobufjs's copy, and names behind reserved numbers. Nothing reads them.
texts.set(DESCRIPTOR, texts.get(DESCRIPTOR)!.replace(/ \[[^\]]*\]/g, "").replace(/(reserved [\d, ]+), "\w+";/g, "$1;"));
for (const [name, text] of Object.entries(WELL_KNOWN)) {
  texts.set(`google/protobuf/${name}.proto`, `syntax = "proto3";\npackage google.protobuf;\n${text}\n`);
}

/** Whether the kit itself has the TypeScript of a file: `pb`. */
export const isWellKnown = (name: string): boolean =>
  name.startsWith("google/protobuf/") && Object.hasOwn(WELL_KNOWN, name.slice(16).replace(/\.proto$/, ""));

/** The text of a file that need not be on the disk: a well-known one, or one that options are imported from. */
export const knownText = (name: string): string | undefined => texts.get(name);
