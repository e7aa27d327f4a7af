import { load } from "../peers/go.ts";
import type { Server } from "../server.ts";
import { generate } from "./generate.ts";
import { BUSY, CALL_BYTES, CPU, grpcOnly, type Load, oneCore } from "./load.ts";

const go = (server: Server, mode: string, flags: Record<string, number>) =>
  generate(server, load(server.address, mode, { ...flags, tls: server.tls }), flags.seconds!);

/** The size of a message of the load "bulk". */
const BULK_BYTES = 64 * 1024;

/** Measures the latency of one call after the other. */
const latency: Load = {
  name: "latency",
  title: "one unary call of 12 bytes at a time",
  columns: [
    { key: "p50", title: "p50, us", better: "less" },
    { key: "p99", title: "p99, us", better: "less" },
    CPU("call"),
  ],
  refuses: oneCore,
  run: (server, seconds) =>
    server.peer.raw
      ? go(server, "raw-echo", { seconds, size: CALL_BYTES })
      : go(server, "unary", { seconds, size: 12 }),
};

/** Streams small messages as fast as possible. */
const stream: Load = {
  name: "stream",
  title: "server streams of 1,000 messages of 12 bytes, 4 connections of 2",
  columns: [{ key: "rate", title: "messages/s", better: "more" }, CPU("message"), ...BUSY],
  refuses: grpcOnly,
  run: (server, seconds) => go(server, "download", { conns: 4, streams: 2, count: 1000, size: 12, seconds }),
};

/** Streams large messages as fast as possible. */
const bulk: Load = {
  name: "bulk",
  title: "a server stream of messages of 64 KiB, one at a time",
  columns: [{ key: "mb", title: "MB/s", better: "more" }, CPU("message"), ...BUSY],
  refuses: oneCore,
  async run(server, seconds) {
    const mode = server.peer.raw ? "raw-flood" : "download";
    const sample = await go(server, mode, { count: 200, size: BULK_BYTES, seconds });
    return { ...sample, mb: sample.rate * BULK_BYTES / 1e6 };
  },
};

/** Sends messages in both directions on long-lived streams. */
const chat: Load = {
  name: "chat",
  title: "ping-pong of 12 bytes on bidi streams, 8 connections of 16",
  columns: [{ key: "rate", title: "round trips/s", better: "more" }, CPU("round trip"), ...BUSY],
  refuses: grpcOnly,
  run: (server, seconds) => go(server, "chat", { conns: 8, streams: 16, seconds }),
};

/** The loads of the generator in Go. */
export const GO_LOADS: readonly Load[] = [latency, stream, bulk, chat];
