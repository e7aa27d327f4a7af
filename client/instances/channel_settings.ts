import type { Logger } from "../../base/logger.ts";
import type { PolicyInUse } from "../../policy/client_policy_in_use.ts";
import type { Resolver } from "../../registry/registry.ts";
import type { ClientTls, Compression, Limits } from "../../transport/transport.ts";
import type { Balancer } from "../balancing/balancer.ts";

/** The settings of a channel: the client's options after their checks, with their defaults. */
export interface ChannelSettings {
  /** The name of the service in errors and log lines. */
  readonly target: string;
  /** The `:authority` of calls; undefined for the address of the instance. */
  readonly authority: string | undefined;
  readonly resolver: Resolver;
  readonly policy: PolicyInUse;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds. */
  readonly drainTimeout: number;
  /** The caller's own balancer; undefined if the policy names one. */
  readonly balancer: Balancer | undefined;
  readonly limits: Limits;
  readonly compression: Compression;
  readonly tls: ClientTls | undefined;
  readonly logger: Logger;
}
