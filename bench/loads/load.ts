import type { Peer } from "../peers/peer.ts";
import type { Server } from "../server.ts";

/** What was measured of a server, by the key of a column. */
export type Sample = Readonly<Record<string, number>>;

/** A measured thing. */
export interface Column {
  readonly key: string;
  readonly title: string;
  /** Which direction is good: then the table says how many times better the reference is. */
  readonly better?: "more" | "less";
}

/** A kind of load. */
export interface Load {
  readonly name: string;
  /** What is done, for the heading of its table. */
  readonly title: string;
  /** The first one is the main figure: its spread is shown. */
  readonly columns: readonly Column[];
  /** Whether the servers speak TLS. */
  readonly tls?: boolean;
  /** A new process for each sample, and one round: for memory. */
  readonly fresh?: boolean;
  /** The command that it needs beside the load generator in Go. */
  readonly needs?: string;
  /** Why it can't be put on a peer; "" if that needs no saying; undefined if it can. */
  refuses(peer: Peer): string | undefined;
  /** Measures once. */
  run(server: Server, seconds: number): Promise<Sample>;
}

/**
 * How much of a core the server and the load generator used. One of them is near 100 %, and that one was measured; if
 * none is, the machine had other things to do.
 */
export const BUSY: readonly Column[] = [
  { key: "busy", title: "server busy, %" },
  { key: "loadBusy", title: "load busy, %" },
];

/** The bytes of one call of 12 bytes on an HTTP/2 connection, each way, once HPACK knows the fields: for bare TCP. */
export const CALL_BYTES = 54;

/** The processor time of the server. */
export const CPU = (unit: string): Column => ({ key: "cpu", title: `server CPU, us/${unit}`, better: "less" });

/** For loads that say nothing of more than one core. */
export const oneCore = (peer: Peer): string | undefined => peer.cores > 1 ? "" : undefined;

/** For loads that need gRPC too. */
export const grpcOnly = (peer: Peer): string | undefined => peer.raw ? "" : oneCore(peer);
