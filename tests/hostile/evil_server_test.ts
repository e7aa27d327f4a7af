import { assert } from "@std/assert";
import { gzipSync } from "node:zlib";
import { type Client, createClient, RpcError, Status, statusName } from "../../mod.ts";
import { needs } from "../needs.ts";
import { Kinds, Msg } from "../proto/kinds.ts";
import { TRANSPORT } from "./siege.ts";
import * as h2 from "./wire.ts";
import { transportOf } from "../transport_of.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }];
const MIB_BYTES = 1024 * 1024;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** What the server does once its client has said hello and sent a request on stream 1. */
type Evil = (wire: h2.Wire) => Promise<unknown>;

interface Case {
  /** What it does at a request. */
  readonly evil?: Evil;
  /** What it does at a connection, in place of its SETTINGS. */
  readonly hello?: Evil;
  /** How the call may end. */
  readonly codes: readonly Status[];
  /** What its message must say. */
  readonly says?: RegExp;
}

const { OK, CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED } = Status;
const { UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED } = Status;

const good = h2.message(Msg.encode({ text: "hello" }));
const head = (changes: Record<string, string> = {}): Uint8Array =>
  h2.headers(1, Object.entries({ ":status": "200", "content-type": "application/grpc", ...changes }));
const tail = (fields: Record<string, string> = { "grpc-status": "0" }): Uint8Array =>
  h2.headers(1, Object.entries(fields), h2.END_HEADERS | h2.END_STREAM);
const body = (bytes: Uint8Array = good): Uint8Array => h2.data(1, bytes, 0);
const goaway = (last: number, code: number) => h2.frame(h2.GOAWAY, 0, 0, h2.uint32(last, code));
const says = (...frames: readonly Uint8Array[]): Evil => (wire) => wire.send(...frames);
const thenCloses = (...frames: readonly Uint8Array[]): Evil => async (wire) => {
  await wire.send(...frames);
  wire[Symbol.dispose]();
};
const http = (status: string, type = "text/html"): Evil =>
  says(head({ ":status": status, "content-type": type }), h2.data(1, new TextEncoder().encode("<h1>Oops</h1>")));
/** Answers with one compressed message, and with the trailers of a good call in the same write. */
const gzipped = (bytes: Uint8Array): Evil =>
  says(h2.join(head({ "grpc-encoding": "gzip" }), body(h2.message(bytes, { flag: 1 })), tail()));
/** Sends the same until the client hangs up. */
const floods = (bytes: Uint8Array): Evil => async (wire) => {
  const many = h2.repeat(bytes, 200);
  for (let i = 0; i < 500 && await wire.send(many); i++);
};
const flooded = [UNAVAILABLE, RESOURCE_EXHAUSTED, INTERNAL, DEADLINE_EXCEEDED];
/** The status of a call whose connection broke the rules. */
const broken = [UNAVAILABLE, INTERNAL];

/** RST_STREAM codes and the status that they mean, by the gRPC protocol document. */
const RESETS: Record<number, readonly Status[]> = {
  0: [INTERNAL],
  1: [INTERNAL],
  2: [INTERNAL],
  3: [INTERNAL],
  4: [INTERNAL],
  5: [UNKNOWN, INTERNAL],
  6: [INTERNAL],
  7: [UNAVAILABLE],
  8: [CANCELLED],
  9: [INTERNAL],
  10: [INTERNAL],
  11: [RESOURCE_EXHAUSTED],
  12: [PERMISSION_DENIED],
  13: [UNKNOWN, INTERNAL],
  99: [UNKNOWN, INTERNAL],
};

const CASES: Record<string, Case> = {
  "answers correctly": { evil: says(head(), body(), tail()), codes: [OK] },
  "answers correctly, byte by byte": {
    evil: async (wire) => {
      for (const byte of h2.join(head(), body(), tail())) await wire.send(new Uint8Array([byte]));
    },
    codes: [OK],
  },
  "sends GOAWAY at once": { hello: says(h2.settings(), goaway(0, 0)), codes: [UNAVAILABLE, DEADLINE_EXCEEDED] },
  "sends GOAWAY before SETTINGS": { hello: says(goaway(0, 0)), codes: [UNAVAILABLE] },
  "sends GOAWAY and closes at once": { hello: thenCloses(h2.settings(), goaway(0, 0)), codes: [UNAVAILABLE] },
  "closes at once": { hello: thenCloses(), codes: [UNAVAILABLE] },
  "refuses every call by GOAWAY": { evil: says(goaway(0, 0)), codes: [UNAVAILABLE] },
  "sends GOAWAY in mid-call and continues": { evil: says(goaway(1, 0), head(), body(), tail()), codes: [OK] },
  "sends GOAWAY in mid-call and closes": { evil: thenCloses(goaway(1, 0)), codes: [UNAVAILABLE] },
  "sends GOAWAY with ENHANCE_YOUR_CALM": {
    evil: thenCloses(goaway(1, h2.ENHANCE_YOUR_CALM)),
    codes: [UNAVAILABLE, RESOURCE_EXHAUSTED],
  },
  "sends two GOAWAYs, the second for more": { evil: says(goaway(0, 0), goaway(7, 0)), codes: broken },
  "closes before its answer": { evil: thenCloses(), codes: [UNAVAILABLE] },
  "closes within a frame": { evil: thenCloses(head(), body().subarray(0, 11)), codes: [UNAVAILABLE] },
  "closes within a message": { evil: thenCloses(head(), body(good.subarray(0, 8))), codes: [UNAVAILABLE] },
  "closes before its trailers": { evil: thenCloses(head(), body()), codes: [UNAVAILABLE] },

  "answers 502 with HTML": { evil: http("502"), codes: [UNAVAILABLE], says: /502/ },
  "answers 400": { evil: http("400"), codes: [INTERNAL] },
  "answers 401": { evil: http("401"), codes: [UNAUTHENTICATED] },
  "answers 403": { evil: http("403"), codes: [PERMISSION_DENIED] },
  "answers 404": { evil: http("404"), codes: [UNIMPLEMENTED] },
  "answers 429": { evil: http("429"), codes: [UNAVAILABLE] },
  "answers 500": { evil: http("500"), codes: [UNKNOWN] },
  "answers 503 without a body": {
    evil: says(h2.headers(1, [[":status", "503"]], 5)),
    codes: [UNAVAILABLE],
  },
  "answers 200 with HTML": { evil: http("200"), codes: [UNKNOWN, INTERNAL], says: /text\/html/ },
  "answers an endless page": {
    evil: async (wire) => {
      await wire.send(head({ ":status": "502", "content-type": "text/html" }));
      for (let i = 0; i < 1000 && await wire.send(body(new Uint8Array(16_000))); i++);
    },
    codes: [UNAVAILABLE],
  },
  "answers no :status": {
    evil: says(h2.headers(1, [["content-type", "application/grpc"]]), body(), tail()),
    codes: broken,
  },
  "answers :status abc": { evil: says(head({ ":status": "abc" }), body(), tail()), codes: [INTERNAL, UNKNOWN] },
  "sends 100 and 103 first": {
    evil: says(
      h2.headers(1, [[":status", "100"]]),
      h2.headers(1, [[":status", "103"], ["link", "x"]]),
      head(),
      body(),
      tail(),
    ),
    codes: [OK],
  },
  "ends with a 1xx": { evil: says(h2.headers(1, [[":status", "103"]], 5)), codes: [INTERNAL, UNKNOWN] },
  "sends 103 forever": { evil: floods(h2.headers(1, [[":status", "103"]])), codes: flooded },

  "sends grpc-status 99": {
    evil: says(head(), body(), tail({ "grpc-status": "99", "grpc-message": "odd" })),
    codes: [UNKNOWN],
    says: /odd/,
  },
  "sends grpc-status abc": { evil: says(head(), body(), tail({ "grpc-status": "abc" })), codes: [UNKNOWN, INTERNAL] },
  "sends grpc-status -1": { evil: says(head(), body(), tail({ "grpc-status": "-1" })), codes: [UNKNOWN, INTERNAL] },
  "sends an empty grpc-status": { evil: says(head(), body(), tail({ "grpc-status": "" })), codes: [UNKNOWN, INTERNAL] },
  "sends a grpc-message that is cut off": {
    evil: says(head(), tail({ "grpc-status": "5", "grpc-message": "a%zz%E4%bd%" })),
    codes: [Status.NOT_FOUND],
    says: /a%zz/,
  },
  "sends details that are none": {
    evil: says(head(), tail({ "grpc-status": "5", "grpc-status-details-bin": "!!", "x-bin": "%%" })),
    codes: [Status.NOT_FOUND, INTERNAL],
  },
  "sends trailers only": {
    evil: says(h2.headers(
      1,
      [[":status", "200"], ["content-type", "application/grpc"], ["grpc-status", "7"]],
      5,
    )),
    codes: [PERMISSION_DENIED],
  },
  "sends no trailers": { evil: says(head(), h2.data(1, good)), codes: [UNKNOWN, INTERNAL] },
  "sends trailers without grpc-status": { evil: says(head(), body(), tail({ a: "b" })), codes: [UNKNOWN, INTERNAL] },
  "ends with its header": { evil: says(tail({ ":status": "200", "content-type": "application/grpc" })), codes: broken },
  "sends headers after the end": { evil: says(head(), body(), tail(), tail()), codes: [OK] },
  "sends a header twice": { evil: says(head(), head(), body(), tail()), codes: broken },
  "sends a forbidden field": { evil: says(head({ connection: "close" }), body(), tail()), codes: broken },
  "sends an uppercase field": { evil: says(head({ "X-Up": "1" }), body(), tail()), codes: broken },
  "sends a pseudo-header of requests": { evil: says(head({ ":path": "/" }), body(), tail()), codes: broken },
  "sends 20 KB of header": {
    evil: says(head({ "x-a": "b".repeat(8000), "x-b": "b".repeat(4000) }), body(), tail()),
    codes: [RESOURCE_EXHAUSTED],
  },
  "sends 200 fields of trailers": {
    evil: says(head(), body(), h2.headers(1, [["grpc-status", "0"], ...Array(200).fill(["x", "y"])], 5)),
    codes: [RESOURCE_EXHAUSTED],
  },
  "sends header blocks without end": {
    evil: async (wire) => {
      await wire.send(h2.headers(1, [[":status", "200"]], 0));
      await floods(h2.frame(h2.CONTINUATION, 0, 1, h2.block([["x-a", "b".repeat(1000)]])))(wire);
    },
    codes: flooded,
  },

  "sends no message": { evil: says(head(), tail()), codes: [UNIMPLEMENTED, INTERNAL] },
  "sends two messages": { evil: says(head(), body(), body(), tail()), codes: [UNIMPLEMENTED, INTERNAL] },
  "cuts its message off": { evil: says(head(), body(good.subarray(0, 8)), tail()), codes: [INTERNAL] },
  "sends no protobuf": { evil: says(head(), body(h2.message(new Uint8Array([255, 255]))), tail()), codes: [INTERNAL] },
  "sends a message over the limit": {
    evil: says(head(), body(h2.message(new Uint8Array(9), { length: 5_000_000 }))),
    codes: [RESOURCE_EXHAUSTED],
    says: /limit/,
  },
  "sends a gzip bomb": {
    evil: async (wire) => {
      const bomb = h2.message(gzipSync(new Uint8Array(60 * MIB_BYTES), { level: 9 }), { flag: 1 });
      await wire.send(head({ "grpc-encoding": "gzip" }));
      for (let at = 0; at < bomb.length; at += 16_000) {
        if (!await wire.send(body(bomb.subarray(at, at + 16_000)))) return;
      }
      await wire.send(tail());
    },
    codes: [RESOURCE_EXHAUSTED],
  },
  "cuts off the gzip of its last message": {
    evil: gzipped(gzipSync(Msg.encode({ text: "hello" })).subarray(0, -4)),
    codes: [INTERNAL],
    says: /not valid gzip/,
  },
  "damages the checksum in the gzip of its last message": {
    evil: gzipped(
      gzipSync(Msg.encode({ text: "hello" })).map((byte, i, { length }) => i === length - 8 ? ~byte : byte),
    ),
    codes: [INTERNAL],
    says: /not valid gzip/,
  },
  "compresses nothing": { evil: gzipped(new Uint8Array()), codes: [INTERNAL], says: /not valid gzip/ },
  "sends a gzip bomb in one piece with its trailers": {
    evil: gzipped(gzipSync(new Uint8Array(5 * MIB_BYTES))),
    codes: [RESOURCE_EXHAUSTED],
    says: /limits.receiveMessageBytes/,
  },
  "sends the compressed flag without an encoding": {
    evil: says(head(), body(h2.message(new Uint8Array(3), { flag: 1 })), tail()),
    codes: [INTERNAL],
  },
  "sends an unknown encoding": {
    evil: says(head({ "grpc-encoding": "br" }), body(h2.message(new Uint8Array(3), { flag: 1 })), tail()),
    codes: [INTERNAL, UNIMPLEMENTED],
    says: /br/,
  },
  "sends DATA before its header": { evil: says(body(), tail()), codes: broken },
  "sends over the window": {
    evil: async (wire) => {
      await wire.send(head(), body(h2.message(new Uint8Array(9), { length: 4_000_000 })));
      for (let i = 0; i < 4000 && await wire.send(body(new Uint8Array(16_000))); i++);
    },
    codes: [...broken, RESOURCE_EXHAUSTED, UNIMPLEMENTED],
  },

  "sends PUSH_PROMISE": {
    evil: says(h2.frame(h2.PUSH_PROMISE, 4, 1, h2.join(h2.uint32(2), h2.block(h2.request("/a"))))),
    codes: broken,
  },
  "sends HEADERS on an even stream": { evil: says(h2.headers(2, [[":status", "200"]])), codes: broken },
  "sends DATA on a stream that never was": { evil: says(h2.data(99, good)), codes: broken },
  "sends a window over 2^31-1": {
    evil: says(h2.frame(h2.WINDOW_UPDATE, 0, 0, h2.uint32(0x7fff_ffff))),
    codes: broken,
  },
  "sends WINDOW_UPDATE 0": { evil: says(h2.frame(h2.WINDOW_UPDATE, 0, 1, h2.uint32(0))), codes: broken },
  "sends ENABLE_PUSH 1": { evil: says(h2.settings({ 2: 1 })), codes: broken },
  "sends INITIAL_WINDOW_SIZE over 2^31-1": { evil: says(h2.settings({ 4: 0x8000_0000 })), codes: broken },
  "sends a frame of 16 MB": { evil: says(h2.data(1, new Uint8Array(16 * MIB_BYTES - 1))), codes: broken },
  "sends zeros": { evil: says(new Uint8Array(1000)), codes: broken },
  "sends noise": { evil: says(crypto.getRandomValues(new Uint8Array(5000))), codes: broken },
  "sends an HPACK index that is not there": { evil: says(h2.frame(1, 4, 1, new Uint8Array([0xfe]))), codes: broken },
  "floods SETTINGS": { evil: floods(h2.settings()), codes: flooded },
  "floods PING": { evil: floods(h2.frame(h2.PING, 0, 0, new Uint8Array(8))), codes: flooded },
  "floods PRIORITY": { evil: floods(h2.frame(h2.PRIORITY, 0, 1, new Uint8Array(5))), codes: flooded },
  "floods empty DATA": {
    evil: async (wire) => {
      await wire.send(head());
      await floods(h2.data(1, new Uint8Array(), 0))(wire);
    },
    codes: flooded,
  },

  "answers nothing": { evil: says(), codes: [DEADLINE_EXCEEDED] },
  "sends nothing at all": { hello: says(), codes: [UNAVAILABLE, DEADLINE_EXCEEDED] },
  "never acknowledges SETTINGS": {
    hello: says(h2.settings()),
    evil: says(head(), body(), tail()),
    codes: [OK],
  },
  "allows no streams": { hello: says(h2.settings({ 3: 0 })), codes: [DEADLINE_EXCEEDED, UNAVAILABLE] },
  "allows no bytes": { hello: says(h2.settings({ 4: 0 })), codes: [DEADLINE_EXCEEDED] },
  "allows a table of no bytes": {
    hello: says(h2.settings({ 1: 0 })),
    evil: says(head(), body(), tail()),
    codes: [OK],
  },
  "speaks HTTP/1.1": {
    hello: async (wire) => {
      // What it says would be lost if it closed with octets unread.
      await wire.until(({ received }) => received > 0, "a preface");
      await wire.send(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
      await new Promise((done) => setTimeout(done, 50));
      wire[Symbol.dispose]();
    },
    codes: [UNAVAILABLE],
    says: /HTTP\/1/,
  },
  "speaks something else": {
    hello: says(new TextEncoder().encode("SSH-2.0-OpenSSH_9.6\r\n".repeat(3))),
    codes: [UNAVAILABLE],
  },
};
for (const [code, codes] of Object.entries(RESETS)) {
  CASES[`resets the stream with ${code}`] = {
    // A refused call is begun again, once.
    evil: async (wire) => {
      for (const id of Number(code) === h2.REFUSED_STREAM ? [1, 3] : [1]) {
        await wire.until(
          ({ frames }) => frames.some((one) => one.type === h2.HEADERS && one.stream === id),
          `stream ${id}`,
        );
        await wire.send(h2.frame(h2.RST_STREAM, 0, id, h2.uint32(Number(code))));
      }
    },
    codes,
  };
}

/** A server that does to each of its connections what the case says. */
function serve({ hello = says(h2.settings(), h2.frame(h2.SETTINGS, h2.ACK, 0)), evil }: Case) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const wires: h2.Wire[] = [];
  const each = async (conn: Deno.Conn) => {
    const wire = new h2.Wire(conn, { preface: h2.PREFACE.length });
    wires.push(wire);
    await hello(wire);
    const asked = await wire.until(({ frames }) => frames.some(({ type }) => type === h2.HEADERS), "a request")
      .catch(() => false);
    if (asked) await evil?.(wire);
  };
  const done = (async () => {
    const all: Promise<void>[] = [];
    for await (const conn of listener) all.push(each(conn));
    await Promise.all(all);
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const wire of wires) wire[Symbol.dispose]();
      await done;
    },
  };
}

/** How a call to such a server ends. Each has a server of its own: the case speaks of stream 1. */
async function codeOf(
  one: Case,
  call: (client: Client<typeof Kinds>) => Promise<unknown>,
): Promise<{ code: number; text: string }> {
  await using server = serve(one);
  const { address } = server;
  await using client = createClient(Kinds, {
    address,
    transport: transportOf(TRANSPORT),
    logger: quiet,
    connectTimeout: 1000,
  });
  try {
    await call(client);
    return { code: OK, text: "" };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { code: error.code, text: error.message };
  }
}

needs(NET, "a call ends with the right status for any behaviour of the server", async (t) => {
  for (const [name, one] of Object.entries(CASES)) {
    await t.step(`a server that ${name}`, async () => {
      const before = Deno.memoryUsage().rss;
      const [unary, bidi] = await Promise.all([
        codeOf(one, (client) => client.unary({ text: "hello" }, { timeout: 2000 })),
        codeOf(one, (client) => Array.fromAsync(client.bidi(oneMessage(), { timeout: 2000 }))),
      ]);
      assert(one.codes.includes(unary.code), `unary: ${statusName(unary.code)}: ${unary.text}`);
      if (one.says) assert(one.says.test(unary.text), unary.text);
      // A stream may have no reply or several.
      const codes = /^sends (no|two) messages?$/.test(name) ? [OK] : one.codes;
      assert(codes.includes(bidi.code), `bidi: ${statusName(bidi.code)}: ${bidi.text}`);
      const grown = (Deno.memoryUsage().rss - before) / MIB_BYTES;
      assert(grown < 150, `the client grew by ${grown} MiB`);
    });
  }
});

async function* oneMessage() {
  yield { text: "hello" };
}

needs(NET, "a client lets no server fill its memory with unread responses", async () => {
  await using server = serve({
    codes: [],
    evil: async (wire) => {
      await wire.send(head());
      const message = h2.message(Msg.encode({ data: new Uint8Array(16_000) }));
      let window = 65_535;
      let seen = 0;
      for (let sent = 0; sent < 1024 * MIB_BYTES && window > 0; sent += message.length, window -= message.length) {
        if (window < message.length) await new Promise((done) => setTimeout(done, 300));
        for (; seen < wire.frames.length; seen++) {
          const { type, stream, payload } = wire.frames[seen]!;
          if (type !== h2.WINDOW_UPDATE || stream !== 1) continue;
          window += new DataView(payload.slice().buffer).getUint32(0);
        }
        if (window < message.length || !await wire.send(body(message))) break;
      }
      stopped = true;
    },
  });
  let stopped = false;
  await using client = createClient(Kinds, {
    address: server.address,
    transport: transportOf(TRANSPORT),
    logger: quiet,
  });
  const before = Deno.memoryUsage().rss;
  for await (const _ of client.serverStream({ count: 1 })) {
    for (let i = 0; i < 500 && !stopped; i++) await new Promise((done) => setTimeout(done, 10));
    break;
  }
  assert(stopped, "the window stops the server");
  const grown = (Deno.memoryUsage().rss - before) / MIB_BYTES;
  assert(grown < 100, `the client grew by ${grown} MiB`);
});
