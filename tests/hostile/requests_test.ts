import { assert, assertEquals } from "@std/assert";
import { needs } from "../needs.ts";
import { Msg } from "../proto/kinds.ts";
import { siege, SIEGE_PERMISSIONS } from "./siege.ts";
import * as h2 from "./wire.ts";

const UNARY = "/dinokit.test.Kinds/Unary";
const STREAM = "/dinokit.test.Kinds/ClientStream";

/** What is sent on one stream, and how the server may answer: an HTTP status, gRPC statuses or a code of RST_STREAM. */
interface Case {
  readonly send: (stream: number) => readonly Uint8Array[];
  readonly http?: string;
  readonly grpc?: readonly number[];
  readonly reset?: number;
  /** Fields that the answer must have. */
  readonly fields?: Readonly<Record<string, RegExp>>;
}

const good = h2.message(Msg.encode({ text: "hello" }));

/** A call of `Unary` with other fields and bytes. */
const call = (changes: Readonly<Record<string, string | undefined>> = {}, bytes: Uint8Array = good) => (id: number) => [
  h2.headers(id, h2.request(UNARY, changes)),
  h2.data(id, bytes),
];
/** A call with exactly these fields. */
const fields = (...all: h2.Field[]) => (id: number) => [h2.headers(id, all), h2.data(id, good)];
const without = (name: string) => h2.request(UNARY).filter((field) => field[0] !== name);
const malformed = (send: Case["send"]): Case => ({ send, reset: h2.PROTOCOL_ERROR });
const INTERNAL = [13];
/** What the interop tests allow for a number of messages that the method does not take. */
const CARDINALITY = [12, 13];

const CASES: Record<string, Case> = {
  "a good call": { send: call(), grpc: [0] },
  "content-type with +proto": { send: call({ "content-type": "application/grpc+proto" }), grpc: [0] },
  "content-type with a parameter": { send: call({ "content-type": "application/grpc;charset=utf-8" }), grpc: [0] },
  "content-type text/html": { send: call({ "content-type": "text/html" }), http: "415" },
  "content-type +json": { send: call({ "content-type": "application/grpc+json" }), http: "415" },
  "content-type grpc-web": { send: call({ "content-type": "application/grpc-web" }), http: "415" },
  "no content-type": { send: call({ "content-type": undefined }), http: "415" },
  "GET": { send: (id) => [h2.headers(id, h2.request(UNARY, { ":method": "GET" }), 5)], http: "405" },
  "PUT with a body": { send: call({ ":method": "PUT" }), http: "405" },
  "an unknown method": {
    send: (id) => [h2.headers(id, h2.request("/dinokit.test.Kinds/No")), h2.data(id, good)],
    grpc: [12],
  },
  "an unknown service": { send: (id) => [h2.headers(id, h2.request("/no.Such/Unary")), h2.data(id, good)], grpc: [12] },
  "a path without a slash": { send: (id) => [h2.headers(id, h2.request("Unary")), h2.data(id, good)], grpc: [12] },
  "a path of a prototype": {
    send: (id) => [h2.headers(id, h2.request("/__proto__/constructor")), h2.data(id, good)],
    grpc: [12],
  },
  "the compressed flag without an encoding": {
    send: call({}, h2.message(Msg.encode({}), { flag: 1 })),
    grpc: INTERNAL,
  },
  "an unknown flag": { send: call({}, h2.message(Msg.encode({}), { flag: 2 })), grpc: INTERNAL },
  "an unknown encoding": {
    send: call({ "grpc-encoding": "br" }, h2.message(new Uint8Array([1, 2, 3]), { flag: 1 })),
    grpc: [12],
    fields: { "grpc-accept-encoding": /gzip/ },
  },
  "gzip that is none": {
    send: call({ "grpc-encoding": "gzip" }, h2.message(new Uint8Array([1, 2, 3]), { flag: 1 })),
    grpc: INTERNAL,
  },
  "gzip of nothing": {
    send: call({ "grpc-encoding": "gzip" }, h2.message(new Uint8Array(), { flag: 1 })),
    grpc: INTERNAL,
  },
  "a grpc-timeout without a unit": { send: call({ "grpc-timeout": "1" }), grpc: [3, 13] },
  "a grpc-timeout of 9 digits": { send: call({ "grpc-timeout": "123456789S" }), grpc: [3, 13] },
  "a grpc-timeout below 0": { send: call({ "grpc-timeout": "-1S" }), grpc: [3, 13] },
  "an empty grpc-timeout": { send: call({ "grpc-timeout": "" }), grpc: [3, 13] },
  "a grpc-timeout of 11,000 years": { send: call({ "grpc-timeout": "99999999H" }), grpc: [0] },
  "a grpc-timeout of nothing": {
    send: (id) => [
      h2.headers(id, h2.request(UNARY, { "grpc-timeout": "0n" })),
      h2.data(id, h2.message(Msg.encode({ text: "hang" }))),
    ],
    grpc: [4],
  },
  "no message": { send: call({}, new Uint8Array()), grpc: CARDINALITY },
  "no message and no DATA": { send: (id) => [h2.headers(id, h2.request(UNARY), 5)], grpc: CARDINALITY },
  "two messages": { send: call({}, h2.join(good, good)), grpc: CARDINALITY },
  "a message cut off": { send: call({}, good.subarray(0, 7)), grpc: INTERNAL },
  "a prefix cut off": { send: call({}, good.subarray(0, 3)), grpc: INTERNAL },
  "a stream's last message cut off": {
    send: (id) => [h2.headers(id, h2.request(STREAM)), h2.data(id, h2.join(good, good.subarray(0, 6)))],
    grpc: INTERNAL,
  },
  "invalid protobuf": { send: call({}, h2.message(new Uint8Array([0xff, 0xff, 0xff]))), grpc: INTERNAL },
  "a text cut off": { send: call({}, h2.message(new Uint8Array([10, 200, 1]))), grpc: INTERNAL },
  "invalid UTF-8": { send: call({}, h2.message(new Uint8Array([10, 2, 0xc3, 0x28]))), grpc: INTERNAL },
  "overlong UTF-8": { send: call({}, h2.message(new Uint8Array([10, 2, 0xc0, 0x80]))), grpc: INTERNAL },
  "a message over the limit": {
    send: call({}, h2.message(new Uint8Array(9), { length: 5_000_000 })),
    grpc: [8],
    fields: { "grpc-message": /limit/ },
  },
  "a message of 4 GB": { send: call({}, h2.message(new Uint8Array(9), { length: 0xffff_ffff })), grpc: [8] },
  "-bin that is no base64": { send: call({ "x-bytes-bin": "!!!" }), grpc: [0, 3, 13] },

  "connection": malformed(call({ connection: "keep-alive" })),
  "keep-alive": malformed(call({ "keep-alive": "1" })),
  "proxy-connection": malformed(call({ "proxy-connection": "x" })),
  "transfer-encoding": malformed(call({ "transfer-encoding": "chunked" })),
  "upgrade": malformed(call({ upgrade: "h2c" })),
  "te: gzip": malformed(call({ te: "gzip" })),
  "an uppercase name": malformed(call({ "X-Up": "1" })),
  "an empty name": malformed(fields(...h2.request(UNARY), ["", "x"])),
  "a name with a space": malformed(call({ "x y": "1" })),
  "a name with a colon inside": malformed(call({ "x:y": "1" })),
  "a value with CR LF": malformed(call({ "x-a": "1\r\nx-b: 2" })),
  "a value with NUL": malformed(call({ "x-a": "1\0" })),
  "a value with ESC": malformed(call({ "x-a": "\x1b[2J" })),
  "blanks around a value": { send: call({ "x-a": " 1\t" }), grpc: [0] },
  "thousands of -bin values in one field": { send: call({ "x-bin": ",".repeat(4000) }), grpc: [8] },
  "a pseudo-header after a field": malformed(fields(...without(":path"), [":path", UNARY])),
  "no :method": malformed(fields(...without(":method"))),
  "no :scheme": malformed(fields(...without(":scheme"))),
  "no :path": malformed(fields(...without(":path"))),
  "an empty :path": malformed(call({ ":path": "" })),
  "two of :path": malformed(fields([":path", UNARY], ...h2.request(UNARY))),
  "two of :method": malformed(fields([":method", "POST"], ...h2.request(UNARY))),
  "an unknown pseudo-header": malformed(fields([":status", "200"], ...h2.request(UNARY))),
  "more DATA than content-length says": malformed(call({ "content-length": "3" })),
  "a pseudo-header in trailers": malformed((id) => [
    h2.headers(id, h2.request(STREAM)),
    h2.headers(id, [[":path", "/"]], 5),
  ]),
  "trailers that don't end the stream": malformed((id) => [
    h2.headers(id, h2.request(STREAM)),
    h2.headers(id, [["x", "y"]], 4),
  ]),
  "a request with trailers": {
    send: (id) => [
      h2.headers(id, h2.request(UNARY)),
      h2.data(id, good, 0),
      h2.headers(id, [["x-trailer", "1"]], 5),
    ],
    grpc: [0],
  },
};

needs(SIEGE_PERMISSIONS, "bad requests get the expected answer, and the connection stays open", async (t) => {
  await siege(async ({ address }) => {
    for (const [name, one] of Object.entries(CASES)) {
      await t.step(name, async () => {
        using wire = await h2.Wire.connect(address);
        await wire.send(...one.send(1));
        const answer = await wire.answer(1, 3000);
        checkAnswer(answer, one);
        await wire.send(...CASES["a good call"]!.send(3));
        checkAnswer(await wire.answer(3, 3000), CASES["a good call"]!);
      });
    }
  });
});

function checkAnswer({ fields, reset }: h2.Answer, wanted: Case): void {
  const said = JSON.stringify({ ...Object.fromEntries(fields), reset });
  const status = fields.get("grpc-status");
  // RFC 9113, section 8.1.1: a server may say 400 before it resets what is malformed.
  if (wanted.reset !== undefined && status === undefined) return assertEquals(reset, wanted.reset, said);
  if (wanted.http) return assertEquals(fields.get(":status"), wanted.http, said);
  assertEquals(fields.get(":status"), "200", said);
  assert(wanted.grpc?.includes(Number(status)), `grpc-status is to be ${wanted.grpc}: ${said}`);
  for (const [name, pattern] of Object.entries(wanted.fields ?? {})) assert(pattern.test(fields.get(name) ?? ""), said);
  // After its answer a server may stop the rest of a request, by no other code (section 8.1).
  assert(reset === undefined || reset === h2.NO_ERROR, said);
}

/** What must end the whole connection, and with which codes of GOAWAY. */
const CONNECTION_ERRORS: Record<string, { send: readonly Uint8Array[]; codes: readonly number[] }> = {
  "a stream that depends on itself": {
    send: [h2.frame(h2.HEADERS, 0x25, 1, h2.join(h2.uint32(1), new Uint8Array([9]), h2.block(h2.request(UNARY))))],
    codes: [1],
  },
  "PRIORITY of a wrong size": { send: [h2.frame(h2.PRIORITY, 0, 1, new Uint8Array(4))], codes: [6] },
  "DATA on stream 0": { send: [h2.data(0, good)], codes: [1] },
  "HEADERS on stream 0": { send: [h2.headers(0, h2.request(UNARY))], codes: [1] },
  "HEADERS on an even stream": { send: [h2.headers(2, h2.request(UNARY))], codes: [1] },
  "DATA on a stream that never was": { send: [h2.data(9, good)], codes: [1] },
  "a stream number that goes back": {
    send: [h2.headers(5, h2.request(UNARY), 5), h2.headers(3, h2.request(UNARY), 5)],
    codes: [1, 5],
  },
  "WINDOW_UPDATE 0 on the connection": { send: [h2.frame(h2.WINDOW_UPDATE, 0, 0, h2.uint32(0))], codes: [1] },
  "a window over 2^31-1": { send: [h2.frame(h2.WINDOW_UPDATE, 0, 0, h2.uint32(0x7fff_ffff))], codes: [3] },
  "WINDOW_UPDATE of a wrong size": { send: [h2.frame(h2.WINDOW_UPDATE, 0, 0, new Uint8Array(3))], codes: [6] },
  "PING of a wrong size": { send: [h2.frame(h2.PING, 0, 0, new Uint8Array(7))], codes: [6] },
  "PING on a stream": { send: [h2.frame(h2.PING, 0, 1, new Uint8Array(8))], codes: [1] },
  "SETTINGS of a wrong size": { send: [h2.frame(h2.SETTINGS, 0, 0, new Uint8Array(5))], codes: [6] },
  "SETTINGS on a stream": { send: [h2.frame(h2.SETTINGS, 0, 1)], codes: [1] },
  "a SETTINGS ACK with a payload": { send: [h2.frame(h2.SETTINGS, 1, 0, new Uint8Array(6))], codes: [6] },
  "INITIAL_WINDOW_SIZE over 2^31-1": { send: [h2.settings({ 4: 0x8000_0000 })], codes: [3] },
  "MAX_FRAME_SIZE under 16,384": { send: [h2.settings({ 5: 100 })], codes: [1] },
  "ENABLE_PUSH 2": { send: [h2.settings({ 2: 2 })], codes: [1] },
  "RST_STREAM on stream 0": { send: [h2.frame(h2.RST_STREAM, 0, 0, h2.uint32(8))], codes: [1] },
  "RST_STREAM of an idle stream": { send: [h2.frame(h2.RST_STREAM, 0, 7, h2.uint32(8))], codes: [1] },
  "GOAWAY on a stream": { send: [h2.frame(h2.GOAWAY, 0, 1, new Uint8Array(8))], codes: [1] },
  "PUSH_PROMISE of a client": { send: [h2.frame(h2.PUSH_PROMISE, 4, 1, h2.uint32(2))], codes: [1] },
  "CONTINUATION without HEADERS": { send: [h2.frame(h2.CONTINUATION, 4, 1)], codes: [1] },
  "another frame inside a header block": {
    send: [h2.headers(1, h2.request(UNARY), 0), h2.frame(h2.PING, 0, 0, new Uint8Array(8))],
    codes: [1],
  },
  "padding longer than the frame": {
    send: [h2.headers(1, h2.request(STREAM)), h2.frame(h2.DATA, 8, 1, new Uint8Array([9, 0]))],
    codes: [1],
  },
  "a frame over MAX_FRAME_SIZE": {
    send: [h2.headers(1, h2.request(STREAM)), h2.data(1, new Uint8Array(20_000))],
    codes: [6],
  },
  "an HPACK index that is not there": { send: [h2.frame(h2.HEADERS, 5, 1, new Uint8Array([0xfe]))], codes: [9] },
  "a header block that is cut off": { send: [h2.frame(h2.HEADERS, 5, 1, new Uint8Array([0, 5, 97]))], codes: [9] },
  "an HPACK integer without an end": {
    send: [h2.frame(h2.HEADERS, 5, 1, new Uint8Array(40).fill(0xff))],
    codes: [9],
  },
};

needs(SIEGE_PERMISSIONS, "errors of the connection get a GOAWAY with their code, and the end", async (t) => {
  await siege(async ({ address }) => {
    for (const [name, { send, codes }] of Object.entries(CONNECTION_ERRORS)) {
      await t.step(name, async () => {
        using wire = await h2.Wire.connect(address);
        await wire.send(...send);
        const { code, text } = await wire.until(({ goaway }) => goaway, "GOAWAY", 3000);
        assert(codes.includes(code), `GOAWAY ${code} ${text}; wanted ${codes}`);
        await wire.closed;
      });
    }
  });
});
