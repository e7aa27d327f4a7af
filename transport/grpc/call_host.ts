import type { Peer } from "../../rpc/peer.ts";
import type { Connection } from "../http2/connection.ts";
import type { Budget } from "../http2/stream.ts";
import type { ClientCall, ConnectOptions, Limits, ListenOptions } from "../transport.ts";
import type { CallFields } from "./call_fields.ts";
import type { Deadlines } from "./deadlines.ts";

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

/** The part of a server's connection that its calls use. */
export interface ServerCallHost extends CallHost {
  /** The client. */
  readonly peer: Peer;
  /** The options of the listener. */
  readonly options: ListenOptions;
  /** When octets arrived last, in milliseconds of `performance.now()`. */
  readonly readAt: number;
  /** Counts that a limit was exceeded. */
  hit(limit: keyof Limits): void;
  /** Counts octets of decoded requests that a handler holds. Negative octets are released. */
  hold(octets: number): void;
  /** Returns whether all connections hold too much, and this one more than its share. */
  holdsTooMuch(what: keyof Budget | "decoded", more: number): boolean;
  /** Returns the limit that a call exceeds whose data has arrived. */
  overBudget(partial: number): keyof Limits | undefined;
}

/** The part of a client's connection that its calls use. */
export interface ClientCallHost extends CallHost {
  /** The options of the client. */
  readonly options: ConnectOptions;
  /** The header fields of calls. */
  readonly fields: CallFields;
  /** Removes a call that waits for a stream. */
  forget(call: ClientCall): void;
}
