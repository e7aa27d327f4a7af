import { Buffer } from "node:buffer";
import type { grpc } from "./deps.ts";
import type { RpcError } from "../../rpc/error.ts";
import { addSource } from "../../rpc/source_headers.ts";
import { Status } from "../../rpc/status.ts";
import { LONGEST_TIMER_MS, timeOfDay } from "../../base/time.ts";
import { metadataExcess, withinLimits } from "../excess.ts";
import type { CallStart, CallStatus, ClientCall, Compression, Limits, MaybePromise } from "../transport.ts";
import { detailsOf, fromGrpc, toGrpc } from "./headers.ts";
import type { GrpcJs } from "./load.ts";
import { Reader, type Source } from "./reader.ts";

type Stream = grpc.ClientDuplexStream<Uint8Array, Uint8Array>;

/** A client's call through grpc-js. */
export class GrpcClientCall implements ClientCall {
  status: CallStatus | undefined;
  readonly #stream: Stream | undefined;
  readonly #reader: Reader | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #ended: (call: GrpcClientCall) => void;
  #drain = Promise.withResolvers<void>();
  #gaveUp = false;
  #onAbort = () => this.cancel();

  constructor(
    grpc: GrpcJs,
    client: grpc.Client,
    start: CallStart,
    limits: Limits,
    ended: (call: GrpcClientCall) => void,
  ) {
    this.#ended = ended;
    this.#signal = start.signal;
    const excess = metadataExcess(start.metadata, limits, "the header");
    if (excess) {
      this.status = { code: excess.code, message: excess.rawMessage, origin: "client" };
      return;
    }
    const serialize = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const same = (bytes: Buffer) => bytes;
    const deadline = start.deadline === undefined ? Infinity : deadlineOf(start.deadline);
    const fields = toGrpc(grpc, addSource(start.metadata, start.source));
    const stream = client.makeBidiStreamRequest(start.path, serialize, same, fields, { deadline });
    this.#stream = stream;
    this.#reader = new Reader(
      stream as unknown as Source,
      ["readable", "end", "status"],
      () => this.status !== undefined,
    );
    stream.on("metadata", (fields) => {
      const header = fromGrpc(fields);
      const excess = metadataExcess(header, limits, "the server's header");
      if (excess) this.#fail(excess);
      else start.onHeader?.(header);
    });
    stream.on("error", () => {}); // the status says it
    stream.on("drain", () => this.#drain.resolve());
    stream.on("status", (object) => {
      // A server cancels calls whose deadline has passed, and may do so before the timer here fires.
      const isLate = (object.code as number) === Status.CANCELLED && !this.#gaveUp &&
        performance.now() >= (start.deadline ?? Infinity);
      if (isLate || isOwnDeadline(object)) return this.#finish(LATE);
      const status = statusOf(object);
      const { code, origin } = status;
      const kept = withinLimits(status, limits);
      this.#finish({ ...kept, origin: this.#gaveUp || kept.code !== code ? "client" : origin });
    });
    start.signal?.addEventListener("abort", this.#onAbort);
    if (start.signal?.aborted) this.cancel();
  }

  send(message: Uint8Array, _?: Compression, last = false): MaybePromise<void> {
    if (this.status !== undefined || this.#stream!.writableEnded) return;
    const room = this.#stream!.write(message);
    if (last) this.#stream!.end();
    if (room) return;
    this.#drain = Promise.withResolvers();
    return this.#drain.promise;
  }

  end(): void {
    if (this.status === undefined) this.#stream!.end();
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    return this.#reader?.next();
  }

  cancel(): void {
    if (this.status !== undefined) return;
    this.#gaveUp = true;
    this.#stream!.cancel();
  }

  #fail(error: RpcError): void {
    this.#finish({ code: error.code, message: error.rawMessage, origin: "client" });
    this.#stream!.cancel();
  }

  #finish(status: CallStatus): void {
    if (this.status !== undefined) return;
    this.status = status;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#drain.resolve();
    this.#reader!.wake();
    this.#ended(this);
  }
}

/** Returns the deadline of a call for grpc-js, which uses the time of day only. It is limited to the longest timer. */
function deadlineOf(moment: number): number {
  const now = performance.now();
  return timeOfDay(Math.min(moment, now + LONGEST_TIMER_MS), now);
}

const LATE: CallStatus = { code: Status.DEADLINE_EXCEEDED, message: "the deadline passed", origin: "client" };

/** Whether the status is grpc-js's own for a deadline that has passed. Its text has the server's address. */
const isOwnDeadline = ({ code, details, metadata }: grpc.StatusObject) =>
  (code as number) === Status.DEADLINE_EXCEEDED && details.startsWith("Deadline exceeded after ") &&
  originOf(details, metadata) === "client";

function statusOf({ code, details, metadata }: grpc.StatusObject): CallStatus {
  return {
    // grpc-js reports a lost connection as INTERNAL, and the cause only as a text. This can go with
    // https://github.com/grpc/grpc-node/issues/2502
    code: /RST_STREAM with code 2 triggered by internal client error/.test(details)
      ? Status.UNAVAILABLE
      : code as number,
    message: details === "OK" && (code as number) === Status.OK ? "" : details,
    trailer: fromGrpc(metadata),
    details: detailsOf(metadata),
    origin: originOf(details, metadata),
  };
}

const OWN_LIMITS = /^Deadline exceeded after |^Received message larger than max|^Attempted to send message /;
const LOST = /^No connection established|^Connection dropped|^read E[A-Z]+|triggered by internal client error/;

/** The statuses that grpc-js itself makes have no fields, and no other mark than their text. */
function originOf(text: string, metadata: grpc.Metadata): CallStatus["origin"] {
  if (Object.keys(metadata.getMap()).length > 0) return "server";
  if (OWN_LIMITS.test(text)) return "client";
  return LOST.test(text) ? "connection" : "server";
}
