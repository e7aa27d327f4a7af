import type { Program } from "../process.ts";

/** The files of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Somebody's gRPC, or what it is compared with. */
export interface Peer {
  readonly name: string;
  /** What it is, with its version. */
  readonly title: string;
  /** How many cores its server may use. With more than one it only takes the load "unary". */
  readonly cores: 1 | 2;
  /** Bare TCP, without gRPC. */
  readonly raw?: boolean;
  /** Why its server has no TLS; undefined if it has. */
  readonly noTls?: string;
  /**
   * Installs or builds what it needs.
   *
   * @throws {Error} If that can't be done on this machine; the message says why.
   */
  prepare(): Promise<unknown>;
  /** Its server, which prints "READY HOST:PORT". */
  server(tls?: Certificate): Program;
  /** Its client, which calls Echo, so many at a time on one connection. */
  client?(address: string, streams: number, seconds: number): Program;
}
