import { loadBundledProtos } from "../../deps.ts";
import { WELL_KNOWN } from "./well_known_texts.ts";

/** Whose messages hold the options of declarations. */
export const DESCRIPTOR = "google/protobuf/descriptor.proto";

const texts = new Map(Object.entries(await loadBundledProtos()));
// protoc would refuse how options are written in protobufjs's copy, and names behind reserved numbers. Of the options
// only those matter that leave others out of descriptors.
texts.set(
  DESCRIPTOR,
  texts.get(DESCRIPTOR)!
    .replace(/ \[[^\]]*\]/g, (options) => options.includes("RETENTION_SOURCE") ? " [retention = RETENTION_SOURCE]" : "")
    .replace(/(reserved [\d, ]+), "\w+";/g, "$1;"),
);
for (const [name, text] of Object.entries(WELL_KNOWN)) {
  texts.set(`google/protobuf/${name}.proto`, `syntax = "proto3";\npackage google.protobuf;\n${text}\n`);
}

/** Whether the kit itself has the TypeScript of a file: `pb`. */
export const isWellKnown = (name: string): boolean =>
  name.startsWith("google/protobuf/") && Object.hasOwn(WELL_KNOWN, name.slice(16).replace(/\.proto$/, ""));

/** The text of a file that need not be on the disk: a well-known one, or one that options are imported from. */
export const knownText = (name: string): string | undefined => texts.get(name);
