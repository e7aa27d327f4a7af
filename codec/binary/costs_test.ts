import { assertEquals, assertThrows } from "@std/assert";
import { RpcError } from "../../rpc/error.ts";
import type { MessageType } from "../../rpc/service.ts";
import { Status } from "../../rpc/status.ts";
import { COSTLY, messageOf } from "../../tests/cost/messages.ts";
import { All, Scalars } from "../../tests/proto/all.ts";
import { Known } from "../../tests/proto/known.ts";
import * as pb from "../well_known.ts";

const MIB_BYTES = 1024 * 1024;

/** What a message takes, as estimated. */
function memoryOf(type: MessageType<unknown>, bytes: Uint8Array): number {
  const budget = { limit: Infinity, used: 0 };
  type.decode(bytes, budget);
  return budget.used;
}

function refuses(use: () => unknown, text: string): void {
  const error = assertThrows(use, RpcError);
  assertEquals([error.code, error.rawMessage], [Status.RESOURCE_EXHAUSTED, text]);
}

const empties = COSTLY.find(({ name }) => name === "dinokit.all.All.inners, empty")!;

Deno.test("decode() rejects a message above 64 MiB of memory or above the given memory limit", () => {
  const bytes = messageOf(empties, 4 * MIB_BYTES);
  refuses(
    () => All.decode(bytes),
    "this dinokit.all.All takes more than 67108864 bytes of memory (limits.decodedMessageBytes)",
  );
  const small = messageOf(empties, 3000);
  const used = memoryOf(All, small);
  assertEquals(All.decode(small, { limit: used, used: 0 }).inners.length, 1500);
  refuses(
    () => All.decode(small, { limit: used - 1, used: 0 }),
    `this dinokit.all.All takes more than ${used - 1} bytes of memory (limits.decodedMessageBytes)`,
  );
});

Deno.test("fromJson() rejects a message above 64 MiB of memory or above the given memory limit", () => {
  const inners = Array(1000).fill({});
  assertEquals(All.fromJson({ inners }, { decodedMessageBytes: 100_000 }).inners.length, 1000);
  refuses(
    () => All.fromJson({ inners }, { decodedMessageBytes: 50_000 }),
    "this dinokit.all.All takes more than 50000 bytes of memory (limits.decodedMessageBytes)",
  );
  refuses(
    () => Known.fromJson({ values: Array(500_000).fill({}) }),
    "this dinokit.known.Known takes more than 67108864 bytes of memory (limits.decodedMessageBytes)",
  );
});

Deno.test("fromJson() counts every value that it makes", () => {
  const many = (value: unknown) => Array(1000).fill(value) as never;
  const each: [type: MessageType<unknown>, json: Record<string, unknown>, least: number][] = [
    [Scalars, { sint64s: many("1") }, 24_000],
    [Scalars, { blobs: many("AA==") }, 200_000],
    [Scalars, { byFixed64: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i, true])) }, 80_000],
    [Known, { mask: Array(1000).fill("aa").join(",") }, 24_000],
    [Known, { timestamps: many("1970-01-01T00:00:00Z") }, 60_000],
    [Known, { anys: many({ "@type": "x/google.protobuf.Duration", value: "1s" }) }, 200_000],
    [pb.ListValue, many({}) as never, 300_000],
    [pb.ListValue, many(null) as never, 100_000],
  ];
  for (const [type, json, least] of each) {
    assertThrows(() => type.fromJson(json as never, { decodedMessageBytes: least }), RpcError, "takes more than");
    type.fromJson(json as never, { decodedMessageBytes: 3 * least });
  }
});

Deno.test("toJson() counts the message inside an Any, also of an Any in an Any", () => {
  const { type: List } = COSTLY.find(({ name }) => name === "100 fields of map<int32, int32> in an empty message")!;
  const text = "this dinokit.known.Known takes more than 67108864 bytes of memory (limits.decodedMessageBytes)";
  const types = [List, Known];
  // Each of the messages takes 18 KiB.
  const list = (count: number) => ({ typeUrl: "x/List", value: List.encode({ all: Array(count).fill({}) }) });
  const inside = (any: pb.Any) => ({ typeUrl: "x/dinokit.known.Known", value: Known.encode({ any }) });
  assertEquals(typeof Known.toJson({ any: list(1500) }, { types }), "object");
  refuses(() => Known.toJson({ anys: [list(1500), list(1500), list(1500)] }, { types }), text);
  refuses(() => Known.toJson({ any: inside(inside(list(4000))) }, { types }), text);
});

Deno.test("decode() counts unknown fields, and fields that come again and again", () => {
  const size = 100_000;
  const unknown = COSTLY.find(({ name }) => name === "unknown varints")!;
  assertEquals(memoryOf(pb.Empty, messageOf(unknown, size)) > size, true);
  const again = COSTLY.find(({ name }) => name === "dinokit.all.All.thing, with an unknown field")!;
  assertEquals(memoryOf(All, messageOf(again, size)) > size, true);
});

Deno.test("the memory of one message does not count against the next one", () => {
  const bytes = messageOf(empties, 3000);
  const budget = { limit: 2 * memoryOf(All, bytes) - 1, used: 0 };
  for (let i = 0; i < 3; i++) All.decode(bytes, budget);
  All.decode(new Uint8Array(), budget);
  assertEquals(budget.used, memoryOf(All, new Uint8Array()));
});

Deno.test("received messages share no list and no map, however empty they are", () => {
  const [one, other] = [All.decode(new Uint8Array()), All.decode(new Uint8Array())];
  one.inners.push({ id: 1n });
  one.byId.set(1n, { id: 1n });
  assertEquals([other.inners, other.byId], [[], new Map()]);
  const [first, second] =
    pb.ListValue.decode(messageOf(COSTLY.find(({ name }) => name === "a list of an empty list")!, 8)).values;
  (first!.kind!.value as pb.ListValue).values.push({});
  assertEquals(second!.kind!.value, { values: [] });
});
