import type { Peer } from "../../../rpc/peer.ts";
import type { Connection } from "../../http2/connection.ts";
import type { ClientCall, ConnectOptions, Limits, ListenOptions } from "../../transport.ts";
import type { RpcError } from "../../../rpc/error.ts";
import type { CallHeaders } from "../headers/call_headers.ts";
import type { CallSet, CallSetItem } from "./call_set.ts";
import type { Deadlines } from "./deadlines.ts";
import type { HeldMemory } from "./held_memory.ts";

/** The part of a connection that its calls use, on either side. */
export interface CallHost {
  /** The HTTP/2 connection. */
  readonly connection: Connection;
  /** The limits for the peer. */
  readonly limits: Limits;
  /** The deadlines of the connection's calls. */
  readonly deadlines: Deadlines;
  /** Starts writing what is queued. */
  wake(): void;
}

/** What a server's connection does with its calls. */
export interface HostedCall extends CallSetItem {
  /** The octets of an incomplete request. */
  readonly partial: number;
  /** Ends the call with an error of this side. */
  cut(error: RpcError): void;
}

/** The part of a server's connection that its calls use. */
export interface ServerCallHost extends CallHost {
  /** The client. */
  readonly peer: Peer;
  /** The options of the listener. */
  readonly options: ListenOptions;
  /** When octets arrived last, in milliseconds of `performance.now()`. */
  readonly readAt: number;
  /** The calls that have not ended. A call removes itself when it ends. */
  readonly calls: CallSet<HostedCall>;
  /** The memory that the calls hold. */
  readonly memory: HeldMemory;
  /** Counts that a limit was exceeded. */
  hit(limit: keyof Limits): void;
}

/** The part of a client's connection that its calls use. */
export interface ClientCallHost extends CallHost {
  /** The options of the client. */
  readonly options: ConnectOptions;
  /** The header fields of calls. */
  readonly fields: CallHeaders;
  /** The calls that have not ended. A call removes itself when it ends. */
  readonly calls: CallSet<ClientCall & CallSetItem>;
  /** Removes a call that waits for a stream. */
  forget(call: ClientCall): void;
}
