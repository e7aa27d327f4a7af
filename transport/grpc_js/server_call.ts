import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { grpc } from "./deps.ts";
import { type Address, formatAddress, peerAddress as tcpPeer } from "../../base/address.ts";
import { RpcError } from "../../rpc/error.ts";
import type { Metadata } from "../../rpc/metadata.ts";
import type { Peer } from "../../rpc/peer.ts";
import { Status } from "../../rpc/status.ts";
import { identityOf } from "../../tls/identity.ts";
import { momentOf } from "../../base/time.ts";
import { metadataExcess, withinLimits } from "../excess.ts";
import type { CallStatus, Limits, MaybePromise, ServerCall } from "../transport.ts";
import { fromGrpc, toGrpc } from "./headers.ts";
import type { GrpcJs } from "./load.ts";
import { Reader, type Source } from "./reader.ts";

type Stream = grpc.ServerDuplexStream<Uint8Array, Uint8Array>;

/** The part of a server that a call uses. */
export interface CallHost {
  readonly grpc: GrpcJs;
  readonly limits: Limits;
  /** The address that the server listens on. */
  readonly address: Address;
  /** Whether the server verifies the certificates of its clients. */
  readonly mutual: boolean;
  /** Returns whether the server was closed. */
  readonly cut: () => boolean;
  /** Called when the call has ended. */
  ended(call: GrpcServerCall): void;
}

/** A server's call through grpc-js. */
export class GrpcServerCall implements ServerCall {
  readonly path: string;
  readonly deadline: number | undefined;
  readonly #stream: Stream;
  readonly #host: CallHost;
  readonly #reader: Reader;
  readonly #controller = new AbortController();
  #metadata: Metadata | undefined;
  #requestsEnded = false;
  #over = false;
  #drain = Promise.withResolvers<void>();

  constructor(path: string, stream: Stream, host: CallHost) {
    this.path = path;
    this.#stream = stream;
    this.#host = host;
    const deadline = stream.getDeadline().valueOf();
    this.deadline = deadline === Infinity ? undefined : momentOf(deadline);
    this.#reader = new Reader(stream as unknown as Source, ["readable"], () => {
      if (this.signal.aborted) throw this.signal.reason;
      return this.#over || this.#requestsEnded;
    });
    // If a client cancels, 'end' fires first, and 'cancelled' right after. Only an 'end' without 'cancelled' is an end.
    stream.on("end", () =>
      setImmediate(() => {
        this.#requestsEnded = true;
        this.#reader.wake();
      }));
    // 'cancelled' fires at the end of every call. If #over is set, the call was ended by this side.
    stream.on("cancelled", () => this.#over || this.#abort(this.#whyCancelled()));
    stream.on("drain", () => this.#drain.resolve());
  }

  get peer(): Peer {
    const address = peerAddress(this.#stream.getPeer(), this.#host.address);
    const certificate = this.#host.mutual ? this.#stream.getAuthContext().sslPeerCertificate : undefined;
    return certificate ? { address, identity: identityOf(certificate.raw) } : { address };
  }

  get metadata(): Metadata {
    return this.#metadata ??= fromGrpc(this.#stream.metadata);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  receive(): MaybePromise<Uint8Array | undefined> {
    return this.#reader.next();
  }

  sendHeader(header: Metadata): void {
    if (this.#over) return;
    const excess = metadataExcess(header, this.#host.limits, "the header");
    if (excess) throw excess;
    this.#stream.sendMetadata(toGrpc(this.#host.grpc, header));
  }

  send(message: Uint8Array): MaybePromise<void> {
    if (this.#over) return;
    const { sendMessageBytes } = this.#host.limits;
    if (message.length > sendMessageBytes) {
      throw new RpcError(
        Status.RESOURCE_EXHAUSTED,
        `a message has ${message.length} bytes, over the limit of ${sendMessageBytes} (limits.sendMessageBytes)`,
      );
    }
    if (this.#stream.write(Buffer.from(message))) return;
    this.#drain = Promise.withResolvers();
    return this.#drain.promise;
  }

  finish(status: CallStatus): void {
    if (this.#over) return;
    this.#over = true;
    const { code, message, trailer, details } = withinLimits(status, this.#host.limits);
    const metadata = toGrpc(this.#host.grpc, trailer, details);
    if (code === Status.OK) this.#stream.end(metadata);
    else this.#stream.emit("error", { code, details: message.toWellFormed(), metadata });
    this.#done();
  }

  /** Ends the call because the server is closed. */
  cut(): void {
    const error = new RpcError(Status.UNAVAILABLE, "the server was stopped");
    const over = this.#over;
    this.finish({ code: error.code, message: error.rawMessage });
    if (!over) this.#controller.abort(error);
  }

  #whyCancelled(): RpcError {
    if (this.deadline !== undefined && performance.now() >= this.deadline) {
      return new RpcError(Status.DEADLINE_EXCEEDED, "the deadline passed");
    }
    return new RpcError(Status.CANCELLED, "the caller cancelled the call or went away");
  }

  #abort(reason: RpcError): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort(reason);
    this.#done();
  }

  #done(): void {
    this.#drain.resolve();
    this.#reader.wake();
    this.#host.ended(this);
  }
}

/** grpc-js has no address for peers on a unix socket, and writes IPv6 without brackets. */
function peerAddress(peer: string, own: Address): string {
  if (own.kind !== "tcp") return formatAddress(own);
  const at = peer.lastIndexOf(":");
  return formatAddress(tcpPeer(peer.slice(0, at), Number(peer.slice(at + 1))));
}
