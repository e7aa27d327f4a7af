import type { Peer } from "../peers/peer.ts";
import type { Server } from "../server.ts";

/** The measurements of a server, by the key of a column. */
export type Sample = Readonly<Record<string, number>>;

/** A measured quantity. */
export interface Column {
  readonly key: string;
  readonly title: string;
  /** Which direction is good. The table then shows the ratio to the reference. */
  readonly better?: "more" | "less";
}

/** A kind of load. */
export interface Load {
  readonly name: string;
  /** The heading of the table. */
  readonly title: string;
  /** The columns. The first one is the main figure, whose spread is shown. */
  readonly columns: readonly Column[];
  /** Whether the servers use TLS. */
  readonly tls?: boolean;
  /** Whether each sample needs a new process, and one round is enough: for memory. */
  readonly fresh?: boolean;
  /** A command that the load needs in addition to the generator in Go. */
  readonly needs?: string;
  /** Returns why the load does not apply to a peer: "" if that is obvious, undefined if it applies. */
  refuses(peer: Peer): string | undefined;
  /** Takes one sample. */
  run(server: Server, seconds: number): Promise<Sample>;
}

/**
 * The share of a core that the server and the load generator used. The one near 100 % is the bottleneck. If neither is,
 * the machine was busy with other work.
 */
export const BUSY: readonly Column[] = [
  { key: "busy", title: "server busy, %" },
  { key: "loadBusy", title: "load busy, %" },
];

/**
 * The size of one call with 12 bytes of payload on an HTTP/2 connection, in each direction, after HPACK has learned the
 * fields. For bare TCP.
 */
export const CALL_BYTES = 54;

/** The column for the server's CPU time. */
export const CPU = (unit: string): Column => ({ key: "cpu", title: `server CPU, us/${unit}`, better: "less" });

/** Excludes peers with more than one core. */
export const oneCore = (peer: Peer): string | undefined => peer.cores > 1 ? "" : undefined;

/** Excludes peers with more than one core or without gRPC. */
export const grpcOnly = (peer: Peer): string | undefined => peer.raw ? "" : oneCore(peer);
