import { assertEquals } from "@std/assert";
import { createClient, createServer, type Logger } from "../mod.ts";
import { kindsHandlers } from "./kinds.ts";
import { needs } from "./needs.ts";
import { Kinds } from "./proto/kinds.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const NET: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "env" }];

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  bytes.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags]);
  new DataView(bytes.buffer).setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** A header block without compression: literal fields with new names. */
function block(...fields: [string, string][]): Uint8Array {
  const bytes: number[] = [];
  for (const [name, value] of fields) {
    bytes.push(0, name.length, ...new TextEncoder().encode(name), value.length, ...new TextEncoder().encode(value));
  }
  return new Uint8Array(bytes);
}

const request = (path: string, type: string) =>
  frame(
    1,
    4,
    1,
    block([":method", "POST"], [":scheme", "http"], [":path", path], [":authority", "x"], ["content-type", type], [
      "te",
      "trailers",
    ]),
  );
const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
const GOAWAY = frame(7, 0, 0, new Uint8Array(8));
const GOOD = "/dinokit.test.Kinds/Unary";

/** What a hostile peer sends in one segment, each after a preface and settings. */
const SEGMENTS: Record<string, Uint8Array> = {
  "a bad content-type, then GOAWAY": join(request(GOOD, "text/html"), GOAWAY),
  "an unknown path, then GOAWAY": join(request("/no/Such", "application/grpc"), GOAWAY),
  "a bad content-type, then DATA on stream 0": join(request(GOOD, "text/html"), frame(0, 0, 0, new Uint8Array(5))),
  "an unknown path, then a connection error": join(
    request("/no/Such", "application/grpc"),
    frame(8, 0, 0, new Uint8Array(4)),
  ),
  "half a request, then RST_STREAM": join(
    request(GOOD, "application/grpc"),
    frame(3, 0, 1, new Uint8Array([0, 0, 0, 8])),
  ),
  "a GOAWAY alone": GOAWAY,
  "a message that is cut off": join(
    request(GOOD, "application/grpc"),
    frame(0, 1, 1, new Uint8Array([0, 0, 0, 0, 9, 1])),
  ),
  "a frame that is too large": frame(0, 0, 1, new Uint8Array(20_000)),
};

needs(
  NET,
  "a grpc-js server survives hostile traffic, 16 times each, and serves other clients meanwhile",
  async () => {
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet, drainTimeout: 500 });
    server.add(Kinds, kindsHandlers());
    await server.start();
    const port = Number(server.address.split(":")[1]);
    await using client = createClient(Kinds, { address: server.address, logger: quiet });
    for (let trial = 0; trial < 16; trial++) {
      for (const segment of [...Object.values(SEGMENTS), new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")]) {
        const socket = await Deno.connect({ hostname: "127.0.0.1", port });
        await socket.write(segment[0] === 71 ? segment : join(PREFACE, frame(4, 0, 0), segment));
        // Until the server has said something or hung up: it has read what came.
        await socket.read(new Uint8Array(1024)).catch(() => {});
        socket.close();
      }
      assertEquals((await client.unary({ count: trial })).count, trial);
    }
  },
);

needs(NET, "a grpc-js client outlives a GOAWAY of the server, 16 times", async () => {
  for (let trial = 0; trial < 16; trial++) {
    const server = createServer({ name: "kinds", address: "127.0.0.1:0", logger: quiet });
    server.add(Kinds, kindsHandlers());
    await server.start();
    await using client = createClient(Kinds, { address: server.address, logger: quiet });
    await client.unary({ count: trial });
    await server.stop();
  }
});
