import { assert, assertEquals, assertRejects } from "@std/assert";
import { data, REQUEST, rstStream, settings } from "../../../tests/http2_peer.ts";
import { RawClient } from "../../../tests/raw_peers.ts";
import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import { FrameType } from "../../http2/protocol/frame.ts";

const GRPC = [...REQUEST, "content-type", "application/grpc"];
const MESSAGE = [0, 0, 0, 0, 3, 1, 2, 3];

Deno.test("white space around a value of a request is removed", async () => {
  await using client = new RawClient();
  client.send(client.headers(1, [...GRPC, "x-name", "bob ", "rpc-persist-name", "\tbob "], true));
  const { metadata } = await client.call();
  assertEquals([...metadata], [["x-name", "bob"], ["rpc-persist-name", "bob"]]);
});

Deno.test("a control character in a value fails its call, and no other", async () => {
  await using client = new RawClient();
  client.send(client.headers(1, [...GRPC, "x-bad", "a\x1bb"], true), client.headers(3, GRPC, true));
  await client.call();
  const [reset] = await client.answers();
  assertEquals([reset!.type, reset!.id, reset!.payload[3]], [FrameType.RST_STREAM, 1, ErrorCode.PROTOCOL_ERROR]);
  assertEquals(client.calls.length, 0);
});

Deno.test("complete requests before an unreadable one are delivered first, then the error", async () => {
  for (const bad of [[0, 0, 0, 0, 9, 1], [0, 0], [7, 0, 0, 0, 0], [0, 255, 0, 0, 0]]) {
    for (const waits of [false, true]) {
      await using client = new RawClient();
      client.send(client.headers(1, GRPC));
      const call = await client.call();
      const first = waits ? call.receive() : undefined;
      client.send(data(1, [...MESSAGE, ...MESSAGE, ...bad], true), settings());
      assertEquals(await (first ?? call.receive()), new Uint8Array([1, 2, 3]));
      assertEquals(await call.receive(), new Uint8Array([1, 2, 3]));
      const error = await assertRejects(async () => await call.receive(), RpcError);
      assertEquals(error.code, bad[1] === 255 ? Status.RESOURCE_EXHAUSTED : Status.INTERNAL);
      call.finish({ code: error.code, message: "" });
      assertEquals(client.server.connection.receiveWindow.held, 0);
    }
  }
});

Deno.test("a reset by the caller after the deadline is DEADLINE_EXCEEDED, not CANCELLED", async () => {
  await using client = new RawClient();
  client.send(client.headers(1, [...GRPC, "grpc-timeout", "20m"]), client.headers(3, [...GRPC, "grpc-timeout", "9S"]));
  const [late, early] = [await client.call(), await client.call()];
  const ended = [late, early].map(({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
  while (performance.now() < late.deadline!);
  client.send(rstStream(1), rstStream(3));
  await Promise.all(ended);
  assertEquals([late, early].map(({ signal }) => signal.reason.code), [Status.DEADLINE_EXCEEDED, Status.CANCELLED]);
});

Deno.test("no response repeats a long rejected text", async () => {
  const long = "\xe9".repeat(4000);
  const requests = [
    [...REQUEST, "content-type", long],
    [":method", long, ...REQUEST.slice(2), "content-type", "application/grpc"],
    [...GRPC, "grpc-timeout", long],
    [...GRPC, "grpc-encoding", long],
    [...GRPC, `x-${"a".repeat(4000)}-bin`, "*"],
  ];
  for (const fields of requests) {
    await using client = new RawClient();
    client.send(client.headers(1, fields, true));
    let octets = 0;
    for (const { payload } of await client.answers()) octets += payload.length;
    assert(octets > 0 && octets < 1000, `${octets} octets`);
  }
});
