import { checkOptions } from "../base/options/check_options.ts";
import { type AnyEntry, defined, section } from "../base/options/fields.ts";
import { entryPath } from "../base/options/sourced.ts";
import type { Logger } from "../base/logger.ts";
import { type Client, createClient } from "../client/client.ts";
import { CLIENT_OPTIONS, type ClientOptions } from "../client/options.ts";
import type { ClientPolicy } from "../policy/policy.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import { consul } from "../registry/consul/consul.ts";
import type { Service } from "../rpc/service.ts";
import { createServerThatCloses } from "../server/create_server.ts";
import { SERVER_OPTIONS } from "../server/option_fields.ts";
import type { HealthOptions, ServerOptions } from "../server/options.ts";
import type { Server } from "../server/server.ts";
import { thisWorker } from "../server/workers/this_worker.ts";
import { findCalled } from "./called_service.ts";
import { withNearMisses } from "./clients.ts";
import type { CalledService, Config } from "./config.ts";
import { clientPolicyFrom, serverPolicyFrom } from "./live_policy.ts";
import { LOAD_OPTIONS, type LoadConfigOptions, readConfig } from "./load.ts";
import { configLogger } from "./logger.ts";
import { Opened } from "./opened.ts";
import type { OwnSections, OwnValues } from "./own_sections.ts";
import { ConfigError } from "./problem.ts";
import { readTlsSync } from "./tls.ts";

/** Options whose values belong to one server or one client. */
const NOT_SHARED = ["name", "address", "tls", "policy"];

/** The names of the options that `createServer` and `createClient` both have. */
export type SharedOption = Exclude<
  keyof ServerOptions & keyof ClientOptions,
  "name" | "address" | "tls" | "policy" | keyof ServerPolicy | keyof ClientPolicy
>;

/** The options of {@linkcode configure}: where the settings are, and options for each server and client. */
export type ConfigureOptions<S extends OwnSections = OwnSections> =
  & LoadConfigOptions<S>
  & Pick<ServerOptions, SharedOption>
  & Pick<ClientOptions, SharedOption>;

/** The options of a server that override the settings. Those of `health` and `limits` are merged. */
export interface ConfiguredServerOptions extends Omit<Partial<ServerOptions>, "health"> {
  /** The HTTP health endpoint. The settings give what is not set here. */
  health?: Partial<HealthOptions>;
}

/** Settings, and the factories that use them. The functions may be taken out of the object. */
export interface Configured<S extends OwnSections = OwnSections> extends AsyncDisposable {
  /** The settings. */
  readonly conf: Config & OwnValues<S>;
  /** The logger that the settings describe. */
  readonly logger: Logger;
  /**
   * Creates a server with the settings: `kitex`, `registry`, `dinokit` and `dinokit.server`. When the last of these
   * servers has stopped, all that this `configure` has opened is closed.
   *
   * @param options The options that override the settings.
   * @throws {TypeError} If an option is invalid, or all has been closed.
   */
  createServer(options?: ConfiguredServerOptions): Server;
  /**
   * Creates a client with the settings. Its name in the registry and its policy come from the entry of
   * `dinokit.clients` that is for the service: one whose `services` name it, or that has its name, apart from case, "-"
   * and "_". It calls the entry's `address`; without one it looks up the name in the registry; without a registry it
   * calls `kitex.address`, if that is the service.
   *
   * @param service The generated definition of the service.
   * @param options The options that override the settings.
   * @throws {ConfigError} If the settings do not say where the service is.
   * @throws {TypeError} If an option is invalid, or all has been closed.
   */
  createClient<C extends Service>(service: C, options?: ClientOptions<NoInfer<C>>): Client<C>;
}

/**
 * Reads the settings of a service from `conf/<env>/conf.yaml`, as `loadConfig` does, and returns `createServer` and
 * `createClient` that use them: name, addresses, registry, discovery, TLS, limits, log, and policies. With a registry,
 * policies also follow the keys `dinokit/<name>/server` and `dinokit/<name>/client` in Consul. Any option in code
 * overrides the settings.
 *
 * `await using` stops the servers, and closes the clients and the log file. So does the stop of the last server.
 *
 * @example
 * ```ts ignore
 * import { configure } from "@dinokit/dinokit";
 * import { EchoService } from "./proto/echo.ts";
 *
 * await using app = await configure({ dir: new URL("./conf/", import.meta.url) });
 * const server = app.createServer();
 * server.add(EchoService, { echo: (req) => ({ resp: req.mes }) });
 * await server.run();
 * ```
 *
 * @param options Where the settings are, sections of your own, and options for each server and client.
 * @throws {ConfigError} If settings are invalid. It lists all problems, each with file, line and column.
 * @throws {Deno.errors.NotFound} If the file does not exist.
 * @throws {Deno.errors.NotCapable} If the file or the log file may not be used. The message contains the command.
 * @throws {TypeError} If an option is invalid.
 */
export async function configure<const S extends OwnSections = Record<never, never>>(
  options: ConfigureOptions<S> = {},
): Promise<Configured<S>> {
  checkOptions("configure", section({ ...LOAD_OPTIONS, ...sharedFields() } as never), options);
  const { dir, env, sections, ...shared } = defined(options);
  const parsed = await readConfig<S>("configure", { dir, env, sections });
  const conf: Config & OwnValues<S> = parsed.config;
  const { kitex, dinokit } = conf as Config;
  const ownLogger = shared.logger ? undefined : configLogger(kitex);
  const logger = shared.logger ?? ownLogger!;
  const [agent] = conf.registry.registryAddress;
  const registry = agent === undefined ? undefined : consul(agent, { token: conf.registry.token });
  const policies = dinokit.livePolicies === false ? undefined : registry;
  const clients = withNearMisses(dinokit.clients ?? {}, conf.file, (message) => logger.warn(message));
  const opened = new Opened(ownLogger);

  /** Returns the options by which a client finds the service, and the policy that it follows. */
  const placeOf = (name: string, address: string | undefined, given: ClientOptions): ClientOptions => {
    if (given.address !== undefined) return {};
    if (given.resolver) return { name };
    const policy = policies && clientPolicyFrom(policies, `dinokit/${name}/client`);
    if (address !== undefined) return { address, policy };
    if (registry) return { name, resolver: registry, policy };
    if (name === kitex.service) return { address: kitex.address };
    const entry = entryPath("dinokit.clients", name);
    const message = `${entry} has no address, and the file no registry.registry_address; give one of them`;
    throw new ConfigError([{ file: conf.file, ...parsed.names.get(entry), message }]);
  };

  return {
    conf,
    logger,
    createServer(options = {}) {
      opened.check("createServer");
      const { server: policy, clients: _, livePolicies: _l, health, limits, tls, ...own } = dinokit;
      const { health: givenHealth, limits: givenLimits, ...given } = { ...shared, ...defined(options) };
      const name = given.name ?? kitex.service;
      const server = createServerThatCloses({
        ...{ name, address: kitex.address, registry, logger, ...own, ...policy },
        tls: given.tls ?? (tls && readTlsSync(tls)),
        policy: policies && !given.registry ? serverPolicyFrom(policies, `dinokit/${name}/server`) : undefined,
        ...given,
        ...(health || givenHealth) && { health: { ...health, ...givenHealth } as HealthOptions },
        limits: { ...limits, ...shared.limits, ...givenLimits },
      }, () => opened.stopped(server));
      opened.server(server);
      if (!thisWorker()) logger.info("settings", { env: conf.env, file: conf.file });
      return server;
    },
    createClient(service, options) {
      opened.check("createClient");
      const given = { ...shared, ...defined(options ?? {}) } as ClientOptions;
      const called = given.name === undefined ? findCalled(conf, parsed.names, service) : { name: given.name };
      const isFound = !("message" in called);
      // Only a client that is called by its address needs no name.
      if (!isFound && given.address === undefined) throw new ConfigError([called]);
      const { services: _, address, ...policy }: CalledService = isFound && clients[called.name] || {};
      const client = createClient<typeof service>(
        service,
        {
          logger,
          drainTimeout: dinokit.drainTimeout,
          ...policy,
          ...isFound && placeOf(called.name, address, given),
          ...given,
        } as never,
      );
      return opened.client(client);
    },
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

/** Returns the declarations of the options that servers and clients share. */
function sharedFields(): Record<string, AnyEntry> {
  const names = Object.keys(SERVER_OPTIONS).filter((name) => name in CLIENT_OPTIONS && !NOT_SHARED.includes(name));
  return Object.fromEntries(
    names.map((name) => [name, (SERVER_OPTIONS as unknown as Record<string, AnyEntry>)[name]!]),
  );
}
