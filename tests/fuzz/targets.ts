/**
 * What is fuzzed. A target takes an input and throws a {@linkcode Fault} if anything else came out than the protocol
 * allows.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../../transport/limit_fields.ts";
import { http2Limits } from "../../transport/grpc/connection/http2_limits.ts";
import { RefusalLog } from "../../transport/refusal_log.ts";
import { ServerConnection } from "../../transport/grpc/connection/server_connection.ts";
import { Connection } from "../../transport/http2/connection.ts";
import { ErrorCode } from "../../transport/http2/protocol/error.ts";
import { HpackDecoder } from "../../transport/http2/hpack/decoder.ts";
import { HpackError } from "../../transport/http2/hpack/error.ts";
import type { Stream } from "../../transport/http2/state/stream.ts";
import { Status } from "../../rpc/status.ts";
import type { ServerCall } from "../../transport/transport.ts";
import { seeded } from "../random.ts";
import { Fault } from "./fault.ts";
import { codec } from "./messages.ts";

/** Takes an input. What it does depends on nothing else. */
export type Target = (input: Uint8Array) => void | Promise<void>;

const LIMITS = { ...DEFAULT_LIMITS, concurrentStreams: 20, connectionBufferBytes: 100_000 };
const EMPTY = new Uint8Array();
const OK_FIELDS = [":status", "200", "content-type", "application/grpc"];
const END_FIELDS = ["grpc-status", "0"];

/** Octets that may come out for an input of that many: what is answered to the smallest frames, and a beginning. */
const mostOutput = (input: number) => 100_000 + 40 * input;

/**
 * One side of a connection without a socket: it answers each request at once, or sends some. What it wrote comes back.
 */
function exchange(role: "server" | "client", input: Uint8Array, cut: (left: number) => number): Uint8Array {
  const budget = { received: 0, queued: 0 };
  const written: Uint8Array[] = [];
  let size = 0;
  const take = () => {
    const taken = connection.output.take();
    written.push(taken.slice());
    size += taken.length;
    connection.output.giveBack(taken);
    connection.resume();
  };
  const serve = (stream: Stream) => {
    let held = 0;
    const answer = () => {
      release();
      connection.sendHeaders(stream, OK_FIELDS, false);
      connection.sendData(stream, new Uint8Array(5), new Uint8Array(50), false);
      connection.sendHeaders(stream, END_FIELDS, true);
    };
    const release = () => {
      connection.receiveWindow.release(held);
      held = 0;
    };
    stream.events = {
      onHeaders: (_, end) => end && (role === "server" ? answer() : release()),
      onData(_buf, start, end, last) {
        held += end - start;
        if (!last) return;
        connection.receiveWindow.consume(stream, held);
        release();
        if (role === "server") answer();
      },
      onReset: release,
      onLost: release,
      onQueueSent() {},
    };
  };
  const connection = new Connection(role, http2Limits(LIMITS, role), {
    onStream(stream, _, end) {
      serve(stream);
      if (end) connection.sendHeaders(stream, [...OK_FIELDS, ...END_FIELDS], true);
    },
    onClosed() {},
    onGoAway() {},
    onFailed() {},
  }, budget);
  if (role === "client") {
    for (let i = 0; i < 10; i++) {
      const stream = connection.open();
      if (!stream) break;
      serve(stream);
      connection.sendHeaders(stream, [":method", "POST", ":scheme", "http", ":path", "/a/B", ":authority", "x"], false);
      connection.sendData(stream, EMPTY, new Uint8Array(100), true);
    }
  }
  let buf = EMPTY;
  for (let at = 0; at < input.length;) {
    const next = Math.min(input.length, at + cut(input.length - at));
    buf = concat(buf, input.subarray(at, next));
    at = next;
    const stopped = connection.receive(buf, 0, buf.length);
    if (stopped < 0 || stopped > buf.length) throw new Fault(`receive stopped at ${stopped} of ${buf.length}`);
    buf = buf.slice(stopped);
    if (buf.length > 16_384 + 9) throw new Fault(`${buf.length} octets are kept, more than a frame`);
    take();
    if (connection.streams.size > LIMITS.concurrentStreams) throw new Fault(`${connection.streams.size} streams`);
    if (Math.min(budget.received, budget.queued) < 0) throw new Fault(`octets are held: ${Deno.inspect(budget)}`);
    if (size > mostOutput(input.length)) throw new Fault(`${size} octets out for ${input.length}`);
  }
  if (connection.failure?.code === ErrorCode.INTERNAL_ERROR) throw new Fault(connection.failure.message);
  connection.lose("the end");
  if (connection.streams.size !== 0) throw new Fault("streams outlive their connection");
  const { size: waiting } = connection.sendWindow.waiting;
  if (waiting !== 0) throw new Fault(`${waiting} streams stay waiting`);
  if (budget.received !== 0 || budget.queued !== 0) throw new Fault(`octets stay held: ${Deno.inspect(budget)}`);
  return concat(...written);
}

/** Whatever pieces octets come in, the same must come of them. */
function inPieces(role: "server" | "client"): Target {
  return (input) => {
    const whole = exchange(role, input, (left) => left);
    const random = seeded(input.length);
    const pieces = exchange(role, input, () => 1 + random(60));
    const same = whole.length === pieces.length && whole.every((octet, i) => octet === pieces[i]);
    if (!same) throw new Fault(`in pieces it answers ${framesOf(pieces)}, and else ${framesOf(whole)}`);
  };
}

/** The frames of an output, to read: type, flags, stream and the first octets of each. */
function framesOf(bytes: Uint8Array): string {
  const frames: string[] = [];
  const start = bytes[0] === 80 ? 24 : 0;
  for (let at = start; at + 9 <= bytes.length;) {
    const end = at + 9 + (bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!);
    const text = bytes.subarray(at + 9, Math.min(end, at + 29)).toHex();
    frames.push(`${bytes[at + 3]}/${bytes[at + 4]}/${bytes[at + 8]} ${text}`);
    at = end;
  }
  return frames.slice(-8).join("; ");
}

/** A server's connection over a socket in memory, with handlers that read all and answer. */
const wholeServer: Target = async (input) => {
  const budget = { received: 0, queued: 0 };
  const open = new Set<ServerCall>();
  let size = 0;
  let read = false;
  const socket = {
    read(buf: Uint8Array) {
      if (read) return Promise.resolve(null);
      // Twice as much as it takes at first comes in two reads.
      const part = input.subarray(at, at + buf.length);
      at += part.length;
      read = at >= input.length;
      buf.set(part);
      return Promise.resolve(part.length);
    },
    write(bytes: Uint8Array) {
      size += bytes.length;
      return Promise.resolve(bytes.length);
    },
    closeWrite: () => Promise.resolve(),
    close() {},
  };
  let at = 0;
  const problems: unknown[] = [];
  const handle = async (call: ServerCall) => {
    open.add(call);
    try {
      for (let message; (message = await call.receive()) !== undefined;) await call.send(message);
      call.finish({ code: Status.OK, message: "" });
    } catch (error) {
      call.finish({ code: Status.UNKNOWN, message: String(error) });
    }
    open.delete(call);
  };
  const logger = { debug() {}, info() {}, warn() {}, error: (...all: unknown[]) => void problems.push(all) };
  const host = {
    options: {
      address: { kind: "tcp" as const, host: "127.0.0.1", port: 1 },
      limits: LIMITS,
      compression: "gzip" as const,
      logger,
      onCall: (call: ServerCall) => void handle(call),
    },
    budget,
    decoded: 0,
    connections: 1,
    refusals: new RefusalLog(logger),
    hit() {},
  };
  await new ServerConnection(socket, { address: "127.0.0.1:1" }, host).run();
  for (let turn = 0; turn < 100 && open.size > 0; turn++) await new Promise((done) => setTimeout(done));
  if (open.size > 0) throw new Fault(`${open.size} handlers wait for ever`);
  if (budget.received !== 0 || budget.queued !== 0) throw new Fault(`octets stay held: ${Deno.inspect(budget)}`);
  if (problems.length > 0) throw new Fault(`it logged ${problems}`);
  if (size > 500_000 + 40 * input.length) throw new Fault(`${size} octets out for ${input.length}`);
};

/** A decoder that is given all of it as one block after another. */
const hpack: Target = (input) => {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 8192, maxFields: 100 });
  try {
    for (let at = 0; at < input.length; at += 200) {
      const fields = decoder.decode(input, at, Math.min(at + 200, input.length));
      if (fields.length > 200) throw new Fault(`${fields.length / 2} fields`);
      if (fields.join("").length > 8192) throw new Fault("a list over its limit");
    }
  } catch (error) {
    if (!(error instanceof HpackError)) throw error;
  }
};

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** All targets, and what they are given: the traffic of a client or a server, or messages. */
export const TARGETS: Readonly<Record<string, { run: Target; from: "client" | "server" | "messages" }>> = {
  server: { run: inPieces("server"), from: "client" },
  client: { run: inPieces("client"), from: "server" },
  whole: { run: wholeServer, from: "client" },
  hpack: { run: hpack, from: "client" },
  codec: { run: codec, from: "messages" },
};
