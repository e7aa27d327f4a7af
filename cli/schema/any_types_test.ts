import { assertEquals } from "@std/assert";
import { pb } from "../../mod.ts";
import { AnyTypes } from "./any_types.ts";
import { type Schema, SchemaError } from "./schema.ts";

Deno.test("AnyTypes knows the types of google.protobuf where the schema does not", async () => {
  const schema = { findType: (name: string) => Promise.reject(new SchemaError(name)) } as unknown as Schema;
  const any = new AnyTypes(schema);
  assertEquals(await any.find("google.protobuf.Duration"), pb.Duration);
  assertEquals(await any.find("shop.Product"), undefined);
});
