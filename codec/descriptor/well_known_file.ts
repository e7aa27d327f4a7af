import type { ProtoFile } from "../file.ts";
import { API_PROTO, SOURCE_CONTEXT_PROTO, TYPE_PROTO } from "../type_messages.ts";
import {
  ANY_PROTO,
  DURATION_PROTO,
  EMPTY_PROTO,
  FIELD_MASK_PROTO,
  STRUCT_PROTO,
  TIMESTAMP_PROTO,
  WRAPPERS_PROTO,
} from "../well_known.ts";

const FILES = [
  ANY_PROTO,
  API_PROTO,
  DURATION_PROTO,
  EMPTY_PROTO,
  FIELD_MASK_PROTO,
  SOURCE_CONTEXT_PROTO,
  STRUCT_PROTO,
  TIMESTAMP_PROTO,
  TYPE_PROTO,
  WRAPPERS_PROTO,
];

/** A file of google/protobuf/ that comes with the kit, by its name; undefined if it is none of them. */
export const wellKnownFile = (name: string): ProtoFile | undefined => FILES.find((file) => file.name === name);
