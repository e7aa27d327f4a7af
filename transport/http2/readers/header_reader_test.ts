import { assert, assertEquals, assertMatch } from "@std/assert";
import { data, frame, Peer, ping, REQUEST, RESPONSE, settings, TRAILERS } from "../../../tests/http2_peer.ts";
import { ErrorCode } from "../protocol/error.ts";
import { Flag, FrameType } from "../protocol/frame.ts";

const server = Peer.ready.bind(null, "server");
const client = Peer.ready.bind(null, "client");
const ENDS = Flag.END_HEADERS | Flag.END_STREAM;

Deno.test("a header block may consist of HEADERS and any number of CONTINUATION, also empty ones (6.10)", () => {
  const peer = server();
  const block = peer.block(REQUEST);
  const told = peer.give(
    frame(FrameType.HEADERS, Flag.END_STREAM, 1),
    frame(FrameType.CONTINUATION, 0, 1, block.subarray(0, 4)),
    frame(FrameType.CONTINUATION, 0, 1),
    frame(FrameType.CONTINUATION, Flag.END_HEADERS, 1, block.subarray(4)),
  );
  assertEquals(told, ["open 1 end"]);
  assertEquals(peer.connection.headerBlock, 0);
});

Deno.test("inside a header block, any frame but its CONTINUATION is a PROTOCOL_ERROR (6.10)", () => {
  const begun = frame(FrameType.HEADERS, 0, 1, [0x82]);
  for (
    const octets of [
      ping(),
      settings(),
      data(1, 1),
      begun,
      frame(FrameType.CONTINUATION, Flag.END_HEADERS, 3),
      frame(0x77, 0, 1),
      frame(FrameType.PRIORITY, 0, 1, [0, 0, 0, 0, 0]),
    ]
  ) {
    const peer = server();
    peer.give(begun);
    assert(peer.connection.headerBlock !== 0);
    assertEquals(peer.give(octets), ["failed PROTOCOL_ERROR"]);
  }
});

Deno.test("CONTINUATION without HEADERS, or after END_HEADERS, is a PROTOCOL_ERROR (6.10)", () => {
  const peer = server();
  assertEquals(peer.give(peer.request(1), frame(FrameType.CONTINUATION, 4, 1)), [
    ...["open 1", "lost 1", "failed PROTOCOL_ERROR"],
  ]);
});

Deno.test("a header block of more than limits.headerBlockFrames frames is ENHANCE_YOUR_CALM", () => {
  const more = (id: number) => frame(FrameType.CONTINUATION, 0, id);
  const peer = server({ headerBlockFrames: 3 });
  assertEquals(peer.give(frame(FrameType.HEADERS, 0, 1, peer.block(REQUEST)), more(1)), []);
  assertEquals(peer.give(frame(FrameType.CONTINUATION, Flag.END_HEADERS, 1)), ["open 1"]);
  assertEquals(peer.give(frame(FrameType.HEADERS, 0, 3, [0x82]), more(3), more(3)), []);
  assertEquals(peer.give(frame(FrameType.CONTINUATION, Flag.END_HEADERS, 3)), [
    ...["lost 1", "failed ENHANCE_YOUR_CALM"],
  ]);
  assertEquals(peer.connection.failure!.limit, "headerBlockFrames");
});

Deno.test("an invalid HPACK block is a COMPRESSION_ERROR of the connection, also on a closed stream (4.3)", () => {
  const peer = server();
  assertEquals(peer.give(frame(FrameType.HEADERS, ENDS, 1, [0xff, 0xff, 0xff])), ["failed COMPRESSION_ERROR"]);
  const other = client();
  other.connection.reset(other.open(), ErrorCode.CANCEL);
  assertEquals(other.give(frame(FrameType.HEADERS, ENDS, 1, [0x80])), ["failed COMPRESSION_ERROR"]);
});

Deno.test("a client's streams are odd and rise; those between are closed (5.1.1)", () => {
  const even = server();
  assertEquals(even.give(even.request(2)), ["failed PROTOCOL_ERROR"]);
  const lower = server();
  assertEquals(lower.give(lower.request(5), lower.request(9)), ["open 5", "open 9"]);
  assertEquals(lower.give(lower.request(7)), ["lost 5", "lost 9", "failed PROTOCOL_ERROR"]);
  assertEquals(lower.sent(), ["GOAWAY 9 PROTOCOL_ERROR"]);
  const last = server();
  assertEquals(last.give(last.request(2 ** 31 - 1)), ["open 2147483647"]);
});

Deno.test("streams over limits.concurrentStreams are refused, and later ones accepted once others have ended (5.1.2)", () => {
  const peer = server({ concurrentStreams: 2 });
  assertEquals(peer.give(peer.request(1), peer.request(3), peer.request(5)), ["open 1", "open 3"]);
  assertEquals(peer.sent(), ["RST_STREAM 5 REFUSED_STREAM"]);
  assertEquals(peer.give(data(5, 10)), []);
  peer.connection.reset(peer.streams.get(1)!, ErrorCode.CANCEL);
  assertEquals(peer.give(peer.request(7)), ["open 7"]);
});

Deno.test("streams above the last one of GOAWAY are refused (6.8)", () => {
  const peer = server();
  peer.give(peer.request(1));
  peer.connection.refuseStreams();
  assertEquals(peer.give(peer.request(3)), []);
  assertEquals(peer.sent(), ["GOAWAY 1 NO_ERROR", "RST_STREAM 3 REFUSED_STREAM"]);
});

Deno.test("a GOAWAY for an error names no higher stream than an earlier GOAWAY (6.8)", () => {
  const peer = server();
  peer.give(peer.request(1));
  peer.connection.refuseStreams();
  peer.give(peer.request(3), data(0, 1));
  assertEquals(peer.sent().at(-1), "GOAWAY 1 PROTOCOL_ERROR");
});

/** The fields of a request, with some changed, left out (undefined) or added at the end. */
function request(changes: Record<string, string | undefined>): string[] {
  const fields = new Map<string, string | undefined>([...pairs(REQUEST), ...Object.entries(changes)]);
  return [...fields].flatMap(([name, value]) => value === undefined ? [] : [name, value]);
}

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i < fields.length; i += 2) yield [fields[i]!, fields[i + 1]!];
}

Deno.test("a malformed request is a PROTOCOL_ERROR of its stream (8.1.1, 8.2, 8.3)", () => {
  const malformed: Record<string, string[]> = {
    "no :method": request({ ":method": undefined }),
    "no :scheme": request({ ":scheme": undefined }),
    "no :path": request({ ":path": undefined }),
    "an empty :path": request({ ":path": "" }),
    "an empty :method": request({ ":method": "" }),
    "CONNECT": [":method", "CONNECT", ":authority", "a:1"],
    ":method twice": [":method", "POST", ...REQUEST],
    ":path twice": [":path", "/", ...REQUEST],
    ":scheme twice": [":scheme", "http", ...REQUEST],
    ":authority twice": [":authority", "", ":authority", "a", ...REQUEST],
    "a pseudo-header of responses": [":status", "200", ...REQUEST],
    "an unknown pseudo-header": [":protocol", "x", ...REQUEST],
    "a pseudo-header that is only a colon": [":", "x", ...REQUEST],
    "a pseudo-header behind a field": [...REQUEST, ":authority", "a"],
    "a capital in a name": [...REQUEST, "x-A", "1"],
    "an empty name": [...REQUEST, "", "1"],
    "a space in a name": [...REQUEST, "x a", "1"],
    "a colon in a name": [...REQUEST, "x:a", "1"],
    "an octet over 0x7e in a name": [...REQUEST, "x\xe9", "1"],
    "NUL in a value": [...REQUEST, "x", "a\0b"],
    "LF in a value": [...REQUEST, "x", "a\nb"],
    "CR in a value": [...REQUEST, "x", "a\rb"],
    "LF in a :path": request({ ":path": "/a\nb" }),
    "another control character in a value": [...REQUEST, "x", "a\x1bb"],
    "DEL in a value": [...REQUEST, "x", "a\x7f"],
    "a space before :authority": [":authority", " a", ...REQUEST],
    "te but trailers": request({ te: "gzip" }),
    ...Object.fromEntries(
      ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]
        .map((name) => [name, [...REQUEST, name, "x"]]),
    ),
    "content-length that is no number": [...REQUEST, "content-length", "1x"],
    "content-length below 0": [...REQUEST, "content-length", "-1"],
    "content-length twice, and not the same": [...REQUEST, "content-length", "1", "content-length", "2"],
  };
  for (const [name, fields] of Object.entries(malformed)) {
    const peer = server();
    assertEquals(peer.give(peer.request(1, false, fields)), [], name);
    assertEquals(peer.sent(), ["RST_STREAM 1 PROTOCOL_ERROR"], name);
    assertEquals(peer.give(peer.request(3)), ["open 3"], `${name}, and what comes behind it`);
  }
});

Deno.test("unusual but valid fields are accepted (8.2, 8.3)", () => {
  const right: Record<string, string[]> = {
    "an empty value": [...REQUEST, "x", ""],
    "spaces inside a value": [...REQUEST, "x", "a \t b"],
    "octets over 0x7f in a value": [...REQUEST, "x", "\xff"],
    "all signs that a name may have": [...REQUEST, "!#$%&'*+-.^_`|~09az", "1"],
    "an empty :authority": [":authority", "", ...REQUEST],
    "pseudo-headers in another order": [":path", "/", ":scheme", "x", ":method", "POST"],
    "content-length twice, the same": [...REQUEST, "content-length", "0", "content-length", "0"],
  };
  for (const [name, fields] of Object.entries(right)) {
    const peer = server();
    assertEquals(peer.give(peer.request(1, true, fields)), ["open 1 end"], name);
  }
});

Deno.test("a list that is valid as trailers is not valid as a request, nor the other way round", () => {
  const peer = server();
  const known = ["accept-encoding", "gzip, deflate"]; // in the static table: the same block each time
  peer.give(peer.request(1), peer.headers(1, known, ENDS), peer.request(3), peer.headers(3, known, ENDS));
  peer.sent();
  assertEquals(peer.give(peer.headers(5, known)), []);
  assertEquals(peer.sent(), ["RST_STREAM 5 PROTOCOL_ERROR"]);
  assertEquals(peer.give(peer.request(7), peer.headers(7, REQUEST, ENDS)), ["open 7", "reset 7 PROTOCOL_ERROR"]);
});

Deno.test("an empty block is valid as trailers, and invalid as a response", () => {
  const peer = client();
  for (const id of [1, 3, 5]) {
    peer.open(true);
    peer.give(peer.headers(id, RESPONSE));
    assertEquals(peer.give(peer.headers(id, [], ENDS)), [`headers ${id}  end`]);
  }
  peer.open();
  assertEquals(peer.give(peer.headers(7, [])), ["reset 7 PROTOCOL_ERROR"]);
});

Deno.test("a malformed response is a PROTOCOL_ERROR of its stream (8.3.2)", () => {
  for (
    const fields of [
      TRAILERS,
      [...TRAILERS, ":status", "200"],
      [":status", "20"],
      [":status", "2000"],
      [":status", "0200"],
      [":status", ""],
      [":status", "200", ":status", "200"],
      [":status", "200", ":path", "/"],
      [...RESPONSE, "connection", "close"],
    ]
  ) {
    const peer = client();
    peer.open();
    assertEquals(peer.give(peer.headers(1, fields)), ["reset 1 PROTOCOL_ERROR"], fields.join(" "));
    assertEquals(peer.sent().at(-1), "RST_STREAM 1 PROTOCOL_ERROR");
  }
});

Deno.test("white space around values is removed, as in RFC 9110, 5.5: Kitex and grpc-go send it", () => {
  const peer = client();
  const blank = [":status", "200", "content-type", "\tapplication/grpc ", "x", " \t", "x", " \xc3\xa0 b\t"];
  const read = ":status 200 content-type application/grpc x  x \xc3\xa0 b";
  const ends = ["grpc-status", " 5", "grpc-message", " [biz error]"];
  for (const id of [1, 3, 5]) {
    peer.open(true);
    assertEquals(peer.give(peer.headers(id, blank)), [`headers ${id} ${read}`]);
    assertEquals(peer.give(peer.headers(id, ends, ENDS)), [`headers ${id} grpc-status 5 grpc-message [biz error] end`]);
  }
  const receiver = server();
  for (const id of [1, 3, 5]) {
    assertEquals(receiver.give(receiver.request(id, true, [...REQUEST, "te", "trailers\t", "x", " a"])), [
      `open ${id} end`,
    ]);
  }
});

Deno.test("a value with control characters is dropped from a response, and nothing else is", () => {
  const peer = client();
  for (const bad of ["a\0b", "a\nb", "\r\n", "a\x1b[2J", "\x7f"]) {
    const stream = peer.open(true);
    const header = peer.give(peer.headers(stream.id, [...RESPONSE, "x-bad", bad, "x", "1"]));
    assertEquals(header, [`headers ${stream.id} ${RESPONSE.join(" ")} x 1`]);
    const trailers = ["grpc-status", "5", "grpc-message", bad, "x-bad", bad, "x", "1"];
    assertEquals(peer.give(peer.headers(stream.id, trailers, ENDS)), [`headers ${stream.id} grpc-status 5 x 1 end`]);
  }
});

Deno.test("interim responses are ignored, but must not end the stream (8.1)", () => {
  const peer = client();
  peer.open();
  assertEquals(peer.give(peer.headers(1, [":status", "100"]), peer.headers(1, [":status", "103", "link", "x"])), []);
  assertEquals(peer.give(peer.headers(1, RESPONSE)), [`headers 1 ${RESPONSE.join(" ")}`]);
  peer.open();
  assertEquals(peer.give(peer.headers(3, [":status", "100"], ENDS)), ["reset 3 PROTOCOL_ERROR"]);
});

Deno.test("trailers end the stream and have no pseudo-header (8.1)", () => {
  const peer = client();
  for (const id of [1, 3, 5]) {
    peer.open(true);
    peer.give(peer.headers(id, RESPONSE));
  }
  assertEquals(peer.give(peer.headers(1, TRAILERS, ENDS)), ["headers 1 grpc-status 0 end"]);
  assertEquals(peer.give(peer.headers(3, TRAILERS)), ["reset 3 PROTOCOL_ERROR"]);
  assertEquals(peer.give(peer.headers(5, [":status", "200"], ENDS)), ["reset 5 PROTOCOL_ERROR"]);
  assertEquals(peer.connection.streams.values(), []);
});

Deno.test("DATA of another length than content-length is a PROTOCOL_ERROR of the stream (8.1.1)", () => {
  const long = [...REQUEST, "content-length", "5"];
  const cases: [string, (peer: Peer) => Uint8Array[]][] = [
    ["none at all", (peer) => [peer.request(1, true, long)]],
    ["less", (peer) => [peer.request(1, false, long), data(1, 4, true)]],
    ["more", (peer) => [peer.request(1, false, long), data(1, 6)]],
    ["less before trailers", (peer) => [peer.request(1, false, long), data(1, 4), peer.headers(1, ["x", "y"], ENDS)]],
  ];
  for (const [name, octets] of cases) {
    const peer = server();
    peer.give(...octets(peer));
    assertEquals(peer.sent(), ["RST_STREAM 1 PROTOCOL_ERROR"], name);
    assertEquals(peer.connection.receiveWindow.held, 0, name);
  }
  const right = server();
  right.give(right.request(1, false, long), data(1, 3), data(1, 2, true));
  assertEquals(right.told(), []);
  assertEquals(right.sent(), []);
});

Deno.test("the content-length of one stream says nothing about another with the same trailers", () => {
  const peer = client();
  for (let i = 0; i < 4; i++) peer.open(true);
  const answer = (id: number, octets: number, ...fields: string[]) => [
    peer.headers(id, [...RESPONSE, ...fields]),
    data(id, octets),
  ];
  const trailers = (id: number) => peer.headers(id, TRAILERS, ENDS);
  const log = peer.give(
    ...answer(1, 5, "content-length", "5"),
    ...answer(3, 7),
    ...answer(5, 4, "content-length", "5"),
    ...[1, 3, 5].map(trailers),
  );
  assertEquals(log.filter((line) => /end$|reset/.test(line)), [
    `headers 1 ${TRAILERS.join(" ")} end`,
    `headers 3 ${TRAILERS.join(" ")} end`,
    "reset 5 PROTOCOL_ERROR",
  ]);
});

Deno.test("fields over the limits are reported as exceeded, and the table stays correct", () => {
  const peer = server({ headerFields: 5 });
  const many = [...REQUEST, "x-a", "1", "x-b", "2"];
  assertEquals(peer.give(peer.request(1, true, many)), ["open 1 end exceeded"]);
  assertEquals(peer.give(peer.request(3, true, ["x-b", "2"])), []);
  assertEquals(peer.sent(), ["RST_STREAM 3 PROTOCOL_ERROR"]);
});

Deno.test("a response whose first field exceeds the limits is reported as exceeded: it ends its call, not the connection", () => {
  const peer = client({ headerListBytes: 1000 });
  peer.open(true);
  assertEquals(peer.give(peer.headers(1, [":status", "1".repeat(2000)])), ["headers 1  exceeded"]);
  assertEquals(peer.connection.failure, undefined);
});

Deno.test("errors name what the peer did", () => {
  const peer = server();
  peer.give(peer.request(1), data(9, 1));
  assertMatch(peer.why, /DATA on stream 9, which is idle/);
});
