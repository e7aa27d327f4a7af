import { Buffer } from "node:buffer";
import type { Http2SecureServer } from "node:http2";
import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Address, formatAddress } from "../../base/address.ts";
import { after } from "../../base/time.ts";
import type { grpc } from "./deps.ts";
import { ClientCheck } from "../client_check.ts";
import { metadataExcess } from "../excess.ts";
import { removeStaleSocket } from "../stale_socket.ts";
import type { Listener, ListenOptions } from "../transport.ts";
import { DescriptorWatch } from "./file_descriptors.ts";
import type { GrpcJs } from "./load.ts";
import { GrpcServerCall } from "./server_call.ts";

/** The private parts of grpc-js's Server that are used here. `load_test.ts` fails if they are gone. */
export interface RawServer {
  handlers: { get(path: string): unknown };
  _streamHandler(extra: unknown, stream: { destroy(error?: Error): void }, headers: unknown): void;
  createHttp2Server(credentials: grpc.ServerCredentials): Http2SecureServer & Server;
}

const ALGORITHM = { deflate: 1, gzip: 2 };

/** Serves calls through grpc-js. */
export async function listen(grpc: GrpcJs, options: ListenOptions): Promise<Listener> {
  const { address, limits, compression, tls } = options;
  if (address.kind === "unix") await removeStaleSocket(address.path);
  const server = new grpc.Server({
    "grpc.max_receive_message_length": limits.receiveMessageBytes,
    "grpc.max_send_message_length": limits.sendMessageBytes,
    "grpc.max_concurrent_streams": limits.concurrentStreams,
    "grpc.enable_channelz": 0,
    ...(compression === "identity" ? {} : { "grpc.default_compression_algorithm": ALGORITHM[compression] }),
  });
  const calls = new Set<GrpcServerCall>();
  let cut = false;
  takeAll(server as unknown as RawServer, (path, stream) => {
    const call = new GrpcServerCall(path, stream, {
      grpc,
      limits,
      address,
      mutual: tls?.ca !== undefined,
      cut: () => cut,
      ended: (call) => calls.delete(call),
    });
    const excess = metadataExcess(call.metadata, limits, "the caller's header");
    if (excess) return call.finish({ code: excess.code, message: excess.rawMessage });
    calls.add(call);
    options.onCall(call);
  }, options);
  const credentials = tls
    // null for the CA breaks every TLS client: https://github.com/grpc/grpc-node/issues/2093
    ? grpc.ServerCredentials.createSsl(
      Buffer.from(tls.ca ?? ""),
      [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }],
      tls.ca !== undefined,
    )
    : grpc.ServerCredentials.createInsecure();
  if (tls) checkClients(server as unknown as RawServer, new ClientCheck(tls.ca, options.logger));
  const watch = new DescriptorWatch(options.logger);
  watchDescriptors(server as unknown as RawServer, watch);
  const port = await bind(server, address, credentials);
  const bound = address.kind === "tcp" ? { ...address, port } : address;
  watch.start(bound);
  return {
    address: bound,
    drain() {
      watch.stop();
      return new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    },
    close() {
      watch.stop();
      cut = true;
      for (const call of calls) call.cut();
      // The statuses of the ended calls are sent first.
      return new Promise<void>((resolve) =>
        after(20, () => {
          server.forceShutdown();
          resolve();
        })
      );
    },
  };
}

/** Routes every path to one handler. grpc-js supports single paths only, and answers others itself. */
function takeAll(
  server: RawServer,
  take: (path: string, stream: grpc.ServerDuplexStream<Uint8Array, Uint8Array>) => void,
  { logger }: ListenOptions,
): void {
  const same = (bytes: Uint8Array) => bytes;
  server.handlers = {
    get: (path) => ({
      type: "bidi",
      path,
      func: (stream: never) => take(path, stream),
      serialize: same,
      deserialize: same,
    }),
  };
  // If a frame follows a refused request in the same segment, this handler throws inside an event, which ends the
  // process.
  const inner = server._streamHandler;
  server._streamHandler = function (extra, stream, headers) {
    try {
      inner.call(this, extra, stream, headers);
    } catch (error) {
      logger.debug("grpc-js: a stream was dropped", { error });
      stream.destroy();
    }
  };
}

/** Checks each client before HTTP/2 begins. */
function checkClients(server: RawServer, check: ClientCheck): void {
  const inner = server.createHttp2Server;
  server.createHttp2Server = function (credentials) {
    const secure = inner.call(this, credentials);
    // A closed socket does not know its peer any more.
    const peers = new WeakMap<object, string>();
    secure.prependListener("connection", (socket) => peers.set(socket, socket.remoteAddress ?? ""));
    const peerOf = (socket: TLSSocket) => peers.get((socket as unknown as { _parent?: Socket })._parent!);
    secure.prependListener("secureConnection", (socket) => void check.admit(socket, peerOf(socket)));
    secure.on("tlsClientError", (error, socket) => check.failed(error, socket, peerOf(socket)));
    return secure;
  };
}

function watchDescriptors(server: RawServer, watch: DescriptorWatch): void {
  const inner = server.createHttp2Server;
  server.createHttp2Server = function (credentials) {
    const made = inner.call(this, credentials);
    watch.add(made);
    return made;
  };
}

function bind(server: grpc.Server, address: Address, credentials: grpc.ServerCredentials): Promise<number> {
  const text = formatAddress(address);
  return new Promise((resolve, reject) => {
    server.bindAsync(text, credentials, (error, port) => {
      if (error === null) return resolve(port);
      // grpc-js reports only a text. This is the only place that reads it. It can go when grpc-js keeps the code.
      const code = /\b(EADDRINUSE|EAFNOSUPPORT|EADDRNOTAVAIL)\b/.exec(error.message)?.[1];
      const used = code === "EADDRINUSE" || /address already in use/i.test(error.message);
      reject(used ? new Deno.errors.AddrInUse(error.message) : Object.assign(error, { code }));
    });
  });
}
