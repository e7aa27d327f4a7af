/** A message of descriptor.proto as JSON, with the names of the .proto; what is undefined is left out. */
// deno-lint-ignore no-explicit-any -- it is checked by fromJson(), field by field
export type Descriptor = Record<string, any>;

/** What the parser keeps with the options and is none. */
const NOT_OPTIONS = ["proto3_optional", "json_name", "proto_name", "default"];

/** The options that descriptor.proto has, and the custom ones, which stand encoded among them. */
export function describedOptions(options: Record<string, unknown> | undefined): Descriptor | undefined {
  const entries = Object.entries(options ?? {}).filter(([name]) => /^\w+$/.test(name) && !NOT_OPTIONS.includes(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What a message or an enum keeps free: ranges, with both ends, and names. */
export function describedReserved(reserved: readonly (number[] | string)[] = [], pastEnd: 0 | 1): Descriptor {
  return {
    reserved_range: reserved.filter((one) => typeof one !== "string").map(([start, end]) => ({
      start,
      end: end! + pastEnd,
    })),
    reserved_name: reserved.filter((one) => typeof one === "string"),
  };
}
