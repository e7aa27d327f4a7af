/**
 * The two sides of the kit's own transport, over a socket in memory whose other end is the test: it writes frames by
 * hand.
 *
 * @module
 */

import { Metadata } from "../rpc/metadata.ts";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import { ClientConnection } from "../transport/grpc/connection/client_connection.ts";
import { RefusalLog } from "../transport/refusal_log.ts";
import { ServerConnection } from "../transport/grpc/connection/server_connection.ts";
import { Flag, FrameType, PREFACE } from "../transport/http2/protocol/frame.ts";
import { HpackDecoder } from "../transport/http2/hpack/decoder.ts";
import { HpackEncoder } from "../transport/http2/hpack/encoder.ts";
import type { FieldList } from "../transport/http2/hpack/field_list.ts";
import type { CallStart, ClientCall, Limits, ServerCall } from "../transport/transport.ts";
import { concat, frame, framesOf, settings } from "./http2_peer.ts";
import { MemorySocket } from "./memory_socket.ts";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const address = { kind: "memory", name: "raw" } as never;
const MAX_FRAME_BYTES = 16_384;

class RawPeer {
  protected readonly socket: MemorySocket;
  readonly #encoder = new HpackEncoder();

  constructor(socket: MemorySocket) {
    this.socket = socket;
  }

  /** Sends octets to the side under test. */
  send(...parts: Uint8Array[]): void {
    for (const part of parts) this.socket.arrive(part);
  }

  /** Fields in HEADERS, and in CONTINUATION where they are long. */
  headers(id: number, fields: FieldList, end = false): Uint8Array {
    const buf = new Uint8Array(this.#encoder.bound(fields));
    const block = buf.subarray(0, this.#encoder.encode(fields, buf, 0));
    const frames: Uint8Array[] = [];
    for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
      const last = at + MAX_FRAME_BYTES >= block.length ? Flag.END_HEADERS : 0;
      const [type, flags] = at === 0
        ? [FrameType.HEADERS, last | (end ? Flag.END_STREAM : 0)]
        : [FrameType.CONTINUATION, last];
      frames.push(frame(type, flags, id, block.subarray(at, at + MAX_FRAME_BYTES)));
    }
    return concat(...frames);
  }
}

/** A client under test, whose server is the test. */
export class RawServer extends RawPeer {
  readonly client: ClientConnection;

  constructor(limits: Partial<Limits> = {}) {
    const [client] = MemorySocket.pair();
    super(client);
    this.client = new ClientConnection(client, {
      address,
      authority: "test",
      limits: { ...DEFAULT_LIMITS, ...limits },
      compression: "identity",
      logger,
      signal: new AbortController().signal,
    });
    this.send(settings());
  }

  /** Starts a call, with an empty request: the first has the stream 1, the next 3. */
  async start(more: Partial<CallStart> = {}): Promise<ClientCall> {
    await this.client.ready;
    const call = this.client.start({ path: "/a.B/C", metadata: new Metadata(), ...more });
    void call.send(new Uint8Array(0), undefined, true);
    return call;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.client.close(true);
  }
}

/** What a server answered, without what belongs to the connection. */
export interface Answer {
  readonly type: number;
  readonly id: number;
  /** Of HEADERS. */
  readonly fields: FieldList;
  readonly payload: Uint8Array;
}

/** A server under test, whose client is the test. */
export class RawClient extends RawPeer {
  readonly server: ServerConnection;
  readonly calls: ServerCall[] = [];
  readonly #read: MemorySocket;
  readonly #decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1e6, maxFields: 1e4 });
  readonly #served: Promise<void>;
  #came = Promise.withResolvers<void>();

  constructor(limits: Partial<Limits> = {}) {
    const [client, server] = MemorySocket.pair();
    super(server);
    this.#read = client;
    this.server = new ServerConnection(server, { address: "raw" }, {
      options: {
        address,
        limits: { ...DEFAULT_LIMITS, ...limits },
        compression: "identity",
        logger,
        onCall: (call) => {
          this.calls.push(call);
          this.#came.resolve();
        },
      },
      budget: { received: 0, queued: 0 },
      decoded: 0,
      connections: 1,
      refusals: new RefusalLog(logger),
      hit() {},
    });
    this.#served = this.server.run();
    this.send(PREFACE, settings());
  }

  /** The first of the calls that have come, and not been taken here. */
  async call(): Promise<ServerCall> {
    while (this.calls.length === 0) {
      await this.#came.promise;
      this.#came = Promise.withResolvers();
    }
    return this.calls.shift()!;
  }

  /** The next frames that answer a call. One read may hold several. */
  async answers(): Promise<Answer[]> {
    const buf = new Uint8Array(1 << 20);
    for (;;) {
      const length = await this.#read.read(buf) ?? 0;
      const answers: Answer[] = [];
      for (const [type, , id, payload] of framesOf(buf.slice(0, length))) {
        const isHeaders = type === FrameType.HEADERS;
        const fields = isHeaders ? this.#decoder.decode(payload, 0, payload.length) : [];
        if (id !== 0 && type !== FrameType.WINDOW_UPDATE) answers.push({ type, id, fields, payload });
      }
      if (answers.length > 0 || length === 0) return answers;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#read.close();
    this.server.close();
    await this.#served;
  }
}
