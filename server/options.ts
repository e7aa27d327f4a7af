import type { Logger } from "../base/logger.ts";
import type { PolicySource } from "../policy/policy.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import type { Registry } from "../registry/registry.ts";
import type { TransportName } from "../transport/choose.ts";
import type { Compression, Limits, ServerTls, ServerTransport } from "../transport/transport.ts";
import type { HealthCheck } from "./health/checks.ts";

/** Options of the HTTP health endpoint. */
export interface HealthOptions {
  /**
   * The address of the health endpoint, such as `"127.0.0.1:8889"`. Keep it private: do not expose it to the internet.
   */
  address: string;
  /**
   * Readiness checks by name. A check fails if it throws, rejects or returns false. Failed checks also count for
   * `grpc.health.v1`. The checks run at most once a second.
   * @default {none}
   */
  checks?: Readonly<Record<string, HealthCheck>>;
  /**
   * The timeout of one check, in milliseconds.
   * @default {1000}
   */
  checkTimeout?: number;
}

/** The workers of a server. */
export interface Workers {
  /** The number of workers. More workers than cores do not help. */
  count: number;
  /**
   * The permissions of each worker. A permission that is not named is denied. This needs the flag
   * `--unstable-worker-options`: without it, Deno ends the process. Loading the program's modules needs read permission
   * of the process, not of the worker.
   *
   * @default {the permissions of the process}
   */
  permissions?: Deno.PermissionOptionsObject;
}

/**
 * The options of {@linkcode createServer}. They include those of {@linkcode ServerPolicy}, which protect the server.
 */
export interface ServerOptions extends ServerPolicy {
  /** The name of the service, by which clients find it in the registry. */
  name: string;
  /**
   * The address to listen on: `"127.0.0.1:8888"`, `":8888"` (all interfaces, IPv6 and IPv4) or `"unix:/run/echo.sock"`.
   * With port 0 the system chooses a free port.
   */
  address: string;
  /**
   * The HTTP health endpoint.
   * @default {none}
   */
  health?: HealthOptions;
  /**
   * Whether the server offers gRPC server reflection, from which tools such as grpcurl learn its services and message
   * types. Every client that can call the server can read them.
   * @default {false}
   */
  reflection?: boolean;
  /**
   * The registry in which the server is registered while it serves.
   * @default {none}
   */
  registry?: Registry;
  /**
   * The host and port that is registered, if clients can't reach the server at `address`. If `address`
   * means all interfaces, the default is the first address of this machine that is not loopback.
   * @default {the address}
   */
  advertise?: string;
  /**
   * The server's share of the calls, relative to the weights of the other instances.
   * @default {10}
   */
  weight?: number;
  /**
   * Labels of the instance in the registry, such as `{ zone: "a", version: "v1" }`.
   * @default {none}
   */
  tags?: Readonly<Record<string, string>>;
  /**
   * Additional metadata of the instance in the registry, for people, tools, and clients that filter by it.
   * @default {none}
   */
  meta?: Readonly<Record<string, string>>;
  /**
   * The server's certificate and key for TLS.
   * @default {plaintext}
   */
  tls?: ServerTls;
  /**
   * Limits of the resources that clients may use.
   * @default {the defaults of Limits}
   */
  limits?: Partial<Limits>;
  /**
   * The encoding of responses, for clients that accept it.
   * @default {"identity"}
   */
  compression?: Compression;
  /**
   * The metainfo keys to accept from clients. Set it on servers that untrusted clients can call.
   * @default {all}
   */
  allowMetainfo?: readonly string[];
  /**
   * Whether transient metainfo propagates over every hop, as in Kitex's default mode, instead of only one. The context
   * of a trace (`TRACEPARENT`, `TRACESTATE`, `BAGGAGE`) always propagates.
   * @default {false}
   */
  forwardTransient?: boolean;
  /**
   * How long a stopping server still takes calls after it has left the registry, in milliseconds. Clients need this
   * time to notice the change: Kitex polls the registry every 5 s. Without a registry, the
   * default is 0.
   * @default {6000}
   */
  drainDelay?: number;
  /**
   * How long in-flight calls may take after `drainDelay` before they are cancelled, in milliseconds.
   * @default {10000}
   */
  drainTimeout?: number;
  /**
   * Whether the process drops the permissions that it no longer needs once it serves: read, write (kept for a unix
   * socket), env, run, sys, ffi and import. Permissions that the registry or the policy source needs are kept.
   * @default {false}
   */
  dropPermissions?: boolean;
  /**
   * The number of workers that take the calls, so that the server uses that many cores. They share the port; health
   * checks and the registry stay in the main thread. Each worker also runs the main module, up to
   * {@linkcode Server.run} or {@linkcode Server.start}, and workers share no memory. Limits apply to each worker
   * separately, also those of {@linkcode ServerPolicy}. A worker that ends with an error is replaced. Workers need
   * permission to read the program.
   *
   * Linux distributes the connections over the workers; other systems may give all connections to one worker. Calls are
   * faster with `--unstable-net`.
   *
   * @default {no workers}
   */
  workers?: number | Workers;
  /**
   * A source of policies that override the options of {@linkcode ServerPolicy} while the server runs. Each worker
   * watches the source itself.
   * @default {none}
   */
  policy?: PolicySource<ServerPolicy>;
  /**
   * Whether `inject` has an effect. Never set it in production.
   * @default {false}
   */
  allowInjection?: boolean;
  /**
   * The transport of the calls.
   * @default {"http2"}
   */
  transport?: ServerTransport | TransportName;
  /**
   * The destination of log lines.
   * @default {stderr, level info and above}
   */
  logger?: Logger;
}
