/**
 * The server of gRPC's interop tests: `grpc.testing.TestService`, written with the kit.
 *
 * @module
 */

import {
  createServer,
  type Handlers,
  RpcError,
  type Server,
  type ServerContext,
  type ServerOptions,
  Status,
} from "../../mod.ts";
import type { BoolValue, EchoStatus, StreamingOutputCallRequest } from "./proto/messages.ts";
import { TestService } from "./proto/test_service.ts";

// Left out, so that a call to it finds no method.
const { unimplementedCall: _, ...methods } = TestService.methods;

const HEADER = "x-grpc-test-echo-initial";
const TRAILER = "x-grpc-test-echo-trailing-bin";

const handlers: Omit<Handlers<typeof TestService>, "unimplementedCall"> = {
  emptyCall: () => ({}),
  unaryCall: (req, ctx) => {
    echo(ctx);
    check(req.expectCompressed, ctx);
    fail(req.responseStatus);
    compress(req.responseCompressed, ctx);
    return {
      payload: zeros(req.responseSize),
      serverId: req.fillServerId ? "dinokit" : "",
      username: req.fillUsername ? ctx.peer.identity?.commonName ?? "" : "",
    };
  },
  cacheableUnaryCall: (req) => ({ payload: zeros(req.responseSize) }),
  async *streamingOutputCall(req, ctx) {
    yield* outputs(req, ctx);
  },
  async streamingInputCall(reqs, ctx) {
    let sum = 0;
    for await (const { payload, expectCompressed } of reqs) {
      check(expectCompressed, ctx);
      sum += payload?.body.length ?? 0;
    }
    return { aggregatedPayloadSize: sum };
  },
  async *fullDuplexCall(reqs, ctx) {
    echo(ctx);
    for await (const req of reqs) yield* outputs(req, ctx);
  },
  async *halfDuplexCall(reqs, ctx) {
    for (const req of await Array.fromAsync(reqs)) yield* outputs(req, ctx);
  },
};

async function* outputs({ responseStatus, responseParameters }: StreamingOutputCallRequest, ctx: ServerContext) {
  fail(responseStatus);
  for (const { size, intervalUs, compressed } of responseParameters) {
    if (intervalUs > 0) await sleep(intervalUs / 1000, ctx.signal);
    compress(compressed, ctx);
    yield { payload: zeros(size) };
  }
}

function echo({ metadata, header, trailer }: ServerContext): void {
  const initial = metadata.get(HEADER);
  if (initial !== undefined) header.set(HEADER, initial);
  const trailing = metadata.get(TRAILER);
  if (trailing !== undefined) trailer.set(TRAILER, trailing);
}

function fail(wanted: EchoStatus | undefined): void {
  if (wanted && wanted.code !== Status.OK) throw new RpcError(wanted.code, wanted.message);
}

function zeros(size: number) {
  if (size < 0) throw new RpcError(Status.INVALID_ARGUMENT, `a payload of ${size} bytes is asked for`);
  return { body: new Uint8Array(size) };
}

function check(expected: BoolValue | undefined, { requestCompression }: ServerContext): void {
  if (expected && expected.value !== (requestCompression === "gzip")) {
    const got = requestCompression ?? "in an unknown way";
    throw new RpcError(
      Status.INVALID_ARGUMENT,
      `the request is encoded ${got}; expected compressed: ${expected.value}`,
    );
  }
}

function compress(wanted: BoolValue | undefined, ctx: ServerContext): void {
  if (wanted) ctx.compression = wanted.value ? "gzip" : "identity";
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Starts the server on a free port. */
export async function startTestService(options: Pick<ServerOptions, "transport" | "tls">): Promise<Server> {
  const server = createServer({
    name: TestService.typeName,
    address: "127.0.0.1:0",
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    drainTimeout: 1000,
    ...options,
  });
  server.add({ typeName: TestService.typeName, methods }, handlers);
  await server.start();
  return server;
}
