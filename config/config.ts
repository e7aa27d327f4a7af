import type { Compression } from "../rpc/compression.ts";
import type { LogLevel } from "../base/logger.ts";
import type { ClientPolicy, ServerPolicy } from "../policy/policy.ts";
import type { Limits } from "../transport/transport.ts";

/**
 * The settings of a service, as `loadConfig` reads them from `conf/<env>/conf.yaml`: frozen, and with each key in camel
 * case (`kitex.log_level` is `kitex.logLevel`). A key that is not set, and has no default, is not there.
 */
export interface Config {
  /** The environment that was chosen: `"test"`, `"dev"`, `"online"`. */
  readonly env: string;
  /** The file that was read. */
  readonly file: string;
  /** The service and its log. */
  readonly kitex: {
    /** The service's name, as others find it in the registry. */
    readonly service: string;
    /** Where it takes calls: `"127.0.0.1:8888"`, `":8888"` (all interfaces) or `"unix:/run/echo.sock"`. */
    readonly address: string;
    /** The lowest level that is logged. Kitex's trace is debug, its notice info, its fatal error. @default {"info"} */
    readonly logLevel: LogLevel;
    /** The log file, relative to the working directory. @default stderr */
    readonly logFileName?: string;
    /**
     * The size at which the log file is put aside and a new one begun, in MB of 1024 * 1024 bytes. 0 is 100.
     * @default {100}
     */
    readonly logMaxSize: number;
    /** How long log files that were put aside are kept, in days. 0 is for ever. @default {0} */
    readonly logMaxAge: number;
    /** How many log files that were put aside are kept. 0 is all. @default {0} */
    readonly logMaxBackups: number;
  };
  /** Where the service registers. */
  readonly registry: {
    /** The registry's agents: `"127.0.0.1:8500"`. Dinokit uses the first. @default {[]} */
    readonly registryAddress: readonly string[];
    /** The user at the registry. Dinokit uses `token` instead. */
    readonly username?: string;
    /** That user's password. */
    readonly password?: string;
    /** The ACL token for the registry. */
    readonly token?: string;
  };
  /** The service's own database; Dinokit does nothing with it. */
  readonly mysql?: {
    /** The data source name. */
    readonly dsn?: string;
  };
  /** The service's own cache; Dinokit does nothing with it. */
  readonly redis?: {
    /** Its host and port. */
    readonly address?: string;
    /** The user. */
    readonly username?: string;
    /** That user's password. */
    readonly password?: string;
    /** The number of the database. */
    readonly db?: number;
  };
  /**
   * What only Dinokit knows. Its names are those of `createServer`'s options, and where one is not set, the default of
   * that option holds.
   */
  readonly dinokit: {
    /** Health checks over HTTP. */
    readonly health?: {
      /** Where they are answered: `"127.0.0.1:8889"`. */
      readonly address: string;
    };
    /**
     * Whether it tells tools such as grpcurl what services it has.
     * @default {true} in the environments dev and test, else false
     */
    readonly reflection: boolean;
    /** The address that is registered, where it is not the one it listens on. */
    readonly advertise?: string;
    /** TLS for calls: the files that `readTls` reads. */
    readonly tls?: {
      /** The certificate chain, PEM. */
      readonly certFile: string;
      /** The private key, PEM, not encrypted. */
      readonly keyFile: string;
      /** The certificates that sign those of clients, PEM; with it, a client must show one. */
      readonly caFile?: string;
    };
    /** In how many workers it takes calls. */
    readonly workers?: number;
    /** How replies are encoded for callers that accept it. */
    readonly compression?: Compression;
    /** Bounds on what a caller may send, hold or make it do. `infinity` sets none. */
    readonly limits?: Readonly<Partial<Limits>>;
    /** How long it goes on taking calls after it left the registry, in milliseconds. */
    readonly drainDelay?: number;
    /** How long calls in flight may take after that, in milliseconds. */
    readonly drainTimeout?: number;
    /** Whether it gives up, once it serves, the permissions that it needs no more. */
    readonly dropPermissions?: boolean;
    /**
     * What its clients do with their calls, by the name of the service. It goes into their options:
     * `createClient(EchoService, { name, resolver, ...config.dinokit.clients?.echoservice })`.
     */
    readonly clients?: Readonly<Record<string, ClientPolicy>>;
    /**
     * How it protects itself. It goes into its options: `createServer({ name, address, ...config.dinokit.server })`.
     */
    readonly server?: ServerPolicy;
  };
}
