import type { Program } from "../process.ts";

/** The files of a certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An implementation of gRPC, or another server to compare with. */
export interface Peer {
  readonly name: string;
  /** The name and version. */
  readonly title: string;
  /** The number of cores that the server may use. With two cores, only the load "unary" applies. */
  readonly cores: 1 | 2;
  /** Whether it is bare TCP, without gRPC. */
  readonly raw?: boolean;
  /** Why the server has no TLS; undefined if it has. */
  readonly noTls?: string;
  /**
   * Installs or builds the peer.
   *
   * @throws {Error} If that is impossible on this machine. The message says why.
   */
  prepare(): Promise<unknown>;
  /** Returns the server, which prints "READY HOST:PORT". */
  server(tls?: Certificate): Program;
  /** Returns the client, which makes `streams` concurrent Echo calls on one connection. */
  client?(address: string, streams: number, seconds: number): Program;
}
