import { Metadata } from "../rpc/metadata.ts";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import { ClientConnection } from "../transport/grpc/connection/client_connection.ts";
import { RefusalLog } from "../transport/refusal_log.ts";
import { ServerConnection } from "../transport/grpc/connection/server_connection.ts";
import type { Logger } from "../base/logger.ts";
import type { CallStart, CallStatus, ClientCall, Compression, Limits, ServerCall } from "../transport/transport.ts";
import { MemorySocket } from "./memory_socket.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export interface PairOptions {
  limits?: Partial<Limits>;
  compression?: Compression;
  /** Of the client. */
  pace?: { factor: number };
  logger?: Logger;
  onCall?(call: ServerCall): void;
}

/** A client and a server of the kit's own transport, over sockets in memory. */
export class GrpcPair {
  readonly client: ClientConnection;
  readonly server: ServerConnection;
  readonly sockets: [client: MemorySocket, server: MemorySocket];
  readonly hits: string[] = [];
  readonly budget = { received: 0, queued: 0 };
  readonly calls: ServerCall[] = [];
  readonly #served: Promise<void>;

  constructor({ limits, compression = "identity", pace, logger = quiet, onCall }: PairOptions = {}) {
    const all = { ...DEFAULT_LIMITS, ...limits };
    const address = { kind: "memory", name: "pair" } as never;
    this.sockets = MemorySocket.pair();
    const options = { address, limits: all, compression, logger };
    this.server = new ServerConnection(this.sockets[1], { address: "client" }, {
      options: {
        ...options,
        onCall: (call) => {
          this.calls.push(call);
          onCall?.(call);
        },
      },
      budget: this.budget,
      decoded: 0,
      connections: 1,
      refusals: new RefusalLog(logger),
      hit: (limit) => void this.hits.push(limit),
    });
    this.#served = this.server.run();
    this.client = new ClientConnection(this.sockets[0], {
      ...options,
      authority: "test",
      pace,
      signal: new AbortController().signal,
    });
  }

  start(more: Partial<CallStart> = {}): ClientCall {
    return this.client.start({ path: "/a.B/C", metadata: new Metadata(), ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    await this.client.close(true);
    await this.#served;
  }
}

/** All replies of a call, and how it ended. */
export async function result(call: ClientCall): Promise<[number[], CallStatus]> {
  const sizes: number[] = [];
  for (;;) {
    const message = await call.receive();
    if (message === undefined) return [sizes, call.status!];
    sizes.push(message.length);
  }
}
