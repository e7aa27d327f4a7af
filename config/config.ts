import type { Compression } from "../rpc/compression.ts";
import type { LogLevel } from "../base/logger.ts";
import type { ClientPolicy } from "../policy/policy.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import type { Limits } from "../transport/transport.ts";

/**
 * The settings of a service, as `loadConfig` reads them from `conf/<env>/conf.yaml`. The object is frozen. Its keys are
 * in camel case: `kitex.log_level` becomes `kitex.logLevel`. A key that has no value and no default is absent.
 */
export interface Config {
  /** The environment in use, such as `"test"`, `"dev"` or `"online"`. */
  readonly env: string;
  /** The path of the file that was read. */
  readonly file: string;
  /** The service and its log. */
  readonly kitex: {
    /** The name under which the service registers. */
    readonly service: string;
    /** The address for calls: `"127.0.0.1:8888"`, `":8888"` (all interfaces) or `"unix:/run/echo.sock"`. */
    readonly address: string;
    /**
     * The lowest level that is logged. Kitex's levels trace, notice and fatal mean debug, info and error.
     * @default {"info"}
     */
    readonly logLevel: LogLevel;
    /**
     * The log file, relative to the working directory.
     * @default {stderr}
     */
    readonly logFileName?: string;
    /**
     * The size at which the log file is rotated, in MB of 1024 * 1024 bytes. 0 means 100.
     * @default {100}
     */
    readonly logMaxSize: number;
    /**
     * How long rotated log files are kept, in days. 0 means forever.
     * @default {0}
     */
    readonly logMaxAge: number;
    /**
     * The maximum number of rotated log files that are kept. 0 means all.
     * @default {0}
     */
    readonly logMaxBackups: number;
  };
  /** The registry in which the service registers. */
  readonly registry: {
    /**
     * The addresses of the registry's agents, such as `"127.0.0.1:8500"`. Only the first is used.
     * @default {[]}
     */
    readonly registryAddress: readonly string[];
    /** The user name for the registry. Dinokit does not use it; it uses `token`. */
    readonly username?: string;
    /** The password of that user. Dinokit does not use it. */
    readonly password?: string;
    /** The ACL token for the registry. */
    readonly token?: string;
  };
  /** The service's own database. Dinokit does not use it. */
  readonly mysql?: {
    /** The data source name. */
    readonly dsn?: string;
  };
  /** The service's own cache. Dinokit does not use it. */
  readonly redis?: {
    /** The host and port of the cache. */
    readonly address?: string;
    /** The user name. */
    readonly username?: string;
    /** The password of that user. */
    readonly password?: string;
    /** The number of the database. */
    readonly db?: number;
  };
  /** The settings that Kitex does not have. They have the names and defaults of the options of `createServer`. */
  readonly dinokit: {
    /** Health checks over HTTP. */
    readonly health?: {
      /** The address for health checks: `"127.0.0.1:8889"`. */
      readonly address: string;
    };
    /**
     * Whether the server offers reflection, by which tools such as grpcurl list its services.
     * @default {true in the environments dev and test, otherwise false}
     */
    readonly reflection: boolean;
    /** The address to register, if it differs from the address for calls. */
    readonly advertise?: string;
    /** TLS for calls: the files that `readTls` reads. */
    readonly tls?: {
      /** The path of the certificate chain (PEM). */
      readonly certFile: string;
      /** The path of the private key (PEM, not encrypted). */
      readonly keyFile: string;
      /** The path of the CA certificates for client certificates (PEM). If it is set, clients must present one. */
      readonly caFile?: string;
    };
    /** The number of workers that serve calls. */
    readonly workers?: number;
    /** The compression of responses, for callers that accept it. */
    readonly compression?: Compression;
    /** Limits on what a caller may send, hold or cause. `infinity` means no limit. */
    readonly limits?: Readonly<Partial<Limits>>;
    /** How long the server still accepts calls after it left the registry, in milliseconds. */
    readonly drainDelay?: number;
    /** How long calls in flight may still take after that, in milliseconds. */
    readonly drainTimeout?: number;
    /** Whether the server drops the permissions that it no longer needs, once it serves. */
    readonly dropPermissions?: boolean;
    /** The services that clients call, by their name in the registry. `configure` uses them. */
    readonly clients?: Readonly<Record<string, CalledService>>;
    /**
     * Whether `configure`, if there is a registry, also follows the policies in Consul's keys: `dinokit/<name>/server`
     * for its servers, and `dinokit/<name>/client` for the services that its clients call.
     * @default {true}
     */
    readonly livePolicies?: boolean;
    /** The policy of the server. */
    readonly server?: ServerPolicy;
  };
}

/** A service that clients call: where it is, and the policy of its clients. */
export interface CalledService extends ClientPolicy {
  /**
   * The services of .proto files that are called under this name, with or without their package, such as
   * `"shop.ProductService"`. Without this list, the entry is for the service that has its name, apart from case, "-"
   * and "_".
   */
  readonly services?: readonly string[];
  /** The address to call, instead of looking up the name in the registry. */
  readonly address?: string;
}
