import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { RpcError } from "../../../rpc/error.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { GrpcPair, result } from "../../../tests/grpc_pair.ts";
import { listBytes } from "../headers/headers.ts";

/** What a peer announces as its SETTINGS_MAX_HEADER_LIST_SIZE, in octets. */
const PEER_BYTES = 1000;

Deno.test("a call whose header exceeds the server's limit is RESOURCE_EXHAUSTED, and is not sent", async () => {
  await using pair = new GrpcPair({
    onCall: (call) => void call.finish({ code: Status.OK, message: "" }),
  });
  await pair.client.ready;
  const { peer } = pair.client.connection;
  peer.maxHeaderListSize = PEER_BYTES;
  const { status } = pair.start({ metadata: new Metadata({ "x-big": "y".repeat(PEER_BYTES) }) });
  assertEquals(status!.code, Status.RESOURCE_EXHAUSTED);
  assertMatch(
    status!.message,
    /^the header has \d+ bytes, and the peer takes 1000 \(its SETTINGS_MAX_HEADER_LIST_SIZE\)/,
  );
  // Fits to the last octet, including the kit's own fields.
  const start = (value: string) => ({ path: "/a.B/C", metadata: new Metadata({ "x-fits": value }) });
  const room = PEER_BYTES - listBytes(pair.client.fields.of(start(""), 0));
  const [, fits] = await result(pair.start(start("y".repeat(room))));
  assertEquals([fits.code, pair.calls.length], [Status.OK, 1]);
  assertEquals(pair.start(start("y".repeat(room + 1))).status!.code, Status.RESOURCE_EXHAUSTED);
  assertEquals(pair.calls.length, 1);
});

Deno.test("a status keeps its code if its trailers exceed the client's limit, and as much of its text as fits", async () => {
  const long = "m".repeat(2 * PEER_BYTES);
  const trailer = new Metadata({ "x-big": long });
  const details = new Uint8Array(PEER_BYTES);
  const cases = [
    [{ message: long }, /^m{300,}\.\.\.$/],
    [{ message: "gone", trailer }, /^gone \(the trailer has 2037 bytes, and the peer takes/],
    [{ message: "gone", details }, /^gone \(the trailer has \d+ bytes, and the peer takes/],
  ] as const;
  for (const [status, text] of cases) {
    await using pair = new GrpcPair({ onCall: (call) => void call.finish({ code: Status.NOT_FOUND, ...status }) });
    await pair.client.ready;
    const { connection } = pair.server;
    connection.peer.maxHeaderListSize = PEER_BYTES;
    let bytes = 0;
    const send = connection.sendHeaders.bind(connection);
    connection.sendHeaders = (stream, fields, end) => {
      bytes = listBytes(fields);
      send(stream, fields, end);
    };
    const [, ended] = await result(pair.start());
    assertEquals(ended.code, Status.NOT_FOUND);
    assertMatch(ended.message, text);
    assertEquals(bytes > 0 && bytes <= PEER_BYTES, true, `the trailers have ${bytes} bytes`);
  }
});

Deno.test("a header or a successful trailer beyond the client's limit is RESOURCE_EXHAUSTED", async () => {
  const metadata = new Metadata({ "x-big": "y".repeat(PEER_BYTES) });
  const thrown: Status[] = [];
  await using pair = new GrpcPair({
    onCall: (call) => {
      thrown.push(assertThrows(() => call.sendHeader(metadata), RpcError).code);
      call.finish({ code: Status.OK, message: "", trailer: metadata });
    },
  });
  await pair.client.ready;
  pair.server.connection.peer.maxHeaderListSize = PEER_BYTES;
  const [, { code }] = await result(pair.start());
  assertEquals([...thrown, code], [Status.RESOURCE_EXHAUSTED, Status.RESOURCE_EXHAUSTED]);
});
