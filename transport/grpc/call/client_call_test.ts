import { assertEquals, assertMatch } from "@std/assert";
import { result } from "../../../tests/grpc_pair.ts";
import { data, RESPONSE, rstStream, TRAILERS } from "../../../tests/http2_peer.ts";
import { RawServer } from "../../../tests/raw_peers.ts";
import type { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";

const NOT_FOUND = ["grpc-status", "5", "grpc-message", "no such thing"];
const MESSAGE = [0, 0, 0, 0, 3, 1, 2, 3];

Deno.test("white space around a value of a response is removed, and its status stays", async () => {
  await using server = new RawServer();
  let header: Metadata | undefined;
  const call = await server.start({ onHeader: (fields) => header = fields });
  server.send(
    server.headers(1, [...RESPONSE, "x-name", " bob\t"]),
    server.headers(1, ["grpc-status", "13", "grpc-message", " [biz error]", "x-trail", "\tx "], true),
  );
  const [, { code, message, trailer }] = await result(call);
  assertEquals([code, message, trailer!.get("x-trail")], [Status.INTERNAL, "[biz error]", "x"]);
  assertEquals(header!.get("x-name"), "bob");
});

Deno.test("an unreadable value is dropped, never the server's status code", async () => {
  await using server = new RawServer();
  for (const [i, bad] of [["x-bad", "a\nb"], ["x-bad", "\x1b[2J"], ["x-bad-bin", "*"], ["x-bad-bin", "A"]].entries()) {
    let header: Metadata | undefined;
    const call = await server.start({ onHeader: (fields) => header = fields });
    const id = 2 * i + 1;
    server.send(
      server.headers(id, [...RESPONSE, ...bad, "x-good", "1"]),
      server.headers(id, [...NOT_FOUND, ...bad, "x-good", "2"], true),
    );
    const [, { code, message, trailer }] = await result(call);
    assertEquals([code, message], [Status.NOT_FOUND, "no such thing"], bad.join());
    assertEquals([[...header!], [...trailer!]], [[["x-good", "1"]], [["x-good", "2"]]]);
  }
});

Deno.test("trailers over the limits keep the code and the text of an error, and turn success into RESOURCE_EXHAUSTED", async () => {
  const many = Array.from({ length: 101 }, (_, i) => [`x-${i}`, ""]).flat();
  const commas = ["x-bin", ",".repeat(101)];
  const long = ["x", "y".repeat(9000)];
  const longest = ["x", "y".repeat(100_000)]; // cut off as it is decoded
  await using server = new RawServer();
  let id = 1;
  for (const more of [many, commas, long, longest]) {
    for (const only of [false, true]) {
      for (const [status, code] of [[NOT_FOUND, Status.NOT_FOUND], [TRAILERS, Status.RESOURCE_EXHAUSTED]] as const) {
        const call = await server.start();
        const head = only ? RESPONSE : [];
        if (!only) server.send(server.headers(id, RESPONSE));
        server.send(server.headers(id, [...head, ...status, ...more], true));
        const [, ended] = await result(call);
        assertEquals(ended.code, code, `${more.slice(0, 2).join(" ").slice(0, 40)} ${only}`);
        assertMatch(ended.message, /the trailer has .*limits\.metadata(Entries|Bytes)/);
        if (code === Status.NOT_FOUND) assertMatch(ended.message, /^no such thing \(/);
        assertEquals(ended.trailer?.size ?? 0, 0);
        id += 2;
      }
    }
  }
});

Deno.test("a status text is read within metadataBytes, and the code of a longer one stays", async () => {
  for (const [metadataBytes, length, expected] of [[32_768, 20_000, 20_000], [8192, 20_000, 8195]] as const) {
    await using server = new RawServer({ metadataBytes });
    const call = await server.start();
    const fields = [...RESPONSE, "grpc-status", "9", "grpc-message", "x".repeat(length)];
    server.send(server.headers(1, fields, true));
    const [, { code, message }] = await result(call);
    assertEquals([code, message.length], [Status.FAILED_PRECONDITION, expected]);
  }
  await using server = new RawServer();
  const call = await server.start();
  server.send(server.headers(1, [...RESPONSE, "grpc-status", "9", "grpc-message", "x".repeat(2e5)], true));
  const [, { code, message }] = await result(call);
  assertEquals(code, Status.FAILED_PRECONDITION);
  assertMatch(message, /limits.metadataBytes/);
});

Deno.test("complete messages before an unreadable one are delivered first, then the error", async () => {
  const ends = { trailers: TRAILERS, error: NOT_FOUND, "no trailers": undefined };
  const bad = {
    "cut off": [[0, 0, 0, 0, 9, 1], Status.INTERNAL],
    "cut off in its prefix": [[0, 0, 0], Status.INTERNAL],
    "unknown flags": [[7, 0, 0, 0, 0], Status.INTERNAL],
    "compressed without an encoding": [[1, 0, 0, 0, 0], Status.INTERNAL],
    "too large": [[0, 255, 0, 0, 0], Status.RESOURCE_EXHAUSTED],
  } as const;
  for (const [name, [octets, code]] of Object.entries(bad)) {
    for (const [how, trailers] of Object.entries(ends)) {
      for (const pieces of [1, 2, 3]) {
        await using server = new RawServer();
        const call = await server.start();
        const all = [...MESSAGE, ...MESSAGE, ...octets];
        const cuts = { 1: [all.length], 2: [8, all.length], 3: [3, 17, all.length] }[pieces]!;
        const parts = cuts.map((end, i) => all.slice(cuts[i - 1] ?? 0, end));
        const last = trailers === undefined;
        server.send(
          server.headers(1, RESPONSE),
          ...parts.map((part, i) => data(1, part, last && i === parts.length - 1)),
          ...(trailers ? [server.headers(1, trailers, true)] : []),
        );
        const [sizes, status] = await result(call);
        assertEquals(sizes, [3, 3], `${name}, ${how}, ${pieces}`);
        // A cut-off message is reported only at the end, where the server's own error is more specific.
        const cutOff = name.startsWith("cut off");
        const expected = cutOff && how === "error" ? Status.NOT_FOUND : code;
        assertEquals(status.code, expected, `${name}, ${how}, ${pieces}`);
        assertEquals(server.client.budget.received, 0);
      }
    }
  }
});

Deno.test("an incomplete message of a reset call holds no window", async () => {
  await using server = new RawServer();
  const call = await server.start();
  server.send(server.headers(1, RESPONSE), data(1, [...MESSAGE, 0, 0, 0, 0, 200, 1, 2]), rstStream(1));
  assertEquals((await result(call))[0], [3]);
  assertEquals(server.client.connection.receiveWindow.held, 0);
});

Deno.test("a last message that can't be decompressed is an error, also if the status arrived before it was read", async () => {
  await using server = new RawServer();
  const call = await server.start();
  server.send(
    server.headers(1, [...RESPONSE, "grpc-encoding", "gzip"]),
    data(1, [...MESSAGE, 1, 0, 0, 0, 2, 7, 7]),
    server.headers(1, TRAILERS, true),
  );
  const [sizes, status] = await result(call);
  assertEquals([sizes, status.code], [[3], Status.INTERNAL]);
});

Deno.test("a stream that is cancelled by its server when the deadline has passed is DEADLINE_EXCEEDED", async () => {
  await using server = new RawServer();
  const deadline = performance.now() + 30;
  const call = await server.start({ deadline });
  const other = await server.start({ deadline: deadline + 60_000 });
  // The event loop is busy, so the timer can't fire before the reset is read.
  while (performance.now() < deadline);
  server.send(rstStream(1), rstStream(3));
  const [, status] = await result(call);
  assertEquals([status.code, status.message], [Status.DEADLINE_EXCEEDED, "the deadline passed"]);
  assertEquals((await result(other))[1].code, Status.CANCELLED);
  const reset = await server.start({ deadline: performance.now() + 60_000 });
  server.send(rstStream(5, ErrorCode.INTERNAL_ERROR));
  assertEquals((await result(reset))[1].code, Status.INTERNAL);
});

Deno.test("a handler that its server cancels at the deadline is DEADLINE_EXCEEDED, whatever it answers", async () => {
  await using server = new RawServer();
  let id = 1;
  for (const code of [Status.CANCELLED, Status.UNKNOWN, Status.INTERNAL, Status.NOT_FOUND]) {
    for (const wait of [0, 30]) {
      const deadline = performance.now() + (wait === 0 ? 60_000 : wait);
      const call = await server.start({ deadline });
      // Busy, so that the timer can't fire first.
      while (wait > 0 && performance.now() < deadline);
      server.send(server.headers(id, [...RESPONSE, "grpc-status", String(code), "grpc-message", "canceled"], true));
      const [, status] = await result(call);
      const isLate = wait > 0 && code !== Status.NOT_FOUND;
      assertEquals(status.code, isLate ? Status.DEADLINE_EXCEEDED : code, `${code} after ${wait} ms`);
      id += 2;
    }
  }
});
