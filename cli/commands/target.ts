import {
  type ClientOptions,
  type ClientTls,
  consul,
  type ConsulOptions,
  createLogger,
  type Logger,
  parseAddress,
} from "../../mod.ts";
import { agentAddress, serverAddress } from "../../base/options/address_fields.ts";
import { CONSUL_OPTIONS } from "../../registry/consul/options.ts";
import { isServiceName } from "../../registry/consul/wire.ts";
import type { Command } from "../deps.ts";
import { checkClientTls } from "../../tls/check.ts";
import { SERVER_NAME } from "../../tls/option_fields.ts";
import { checked, EXIT, Failure } from "../output/failure.ts";
import { checkedBy } from "./command.ts";
import { TLS_FLAGS } from "./tls_flags.ts";

/** The flags that say how to reach a server. */
export interface TargetFlags {
  /** `true` if the flag has no value. */
  readonly consul?: string | true;
  readonly consulTokenFile?: string;
  readonly datacenter?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

const CONSUL = "127.0.0.1:8500";

/** Limits for messages that a user has requested. 256 MiB still fits into one V8 string as base64. */
const LIMITS = { receiveMessageBytes: 2 ** 28, sendMessageBytes: 2 ** 28 };

/** A logger for errors only: a failure is reported once, when the command ends. */
export const QUIET: Logger = createLogger("error");

/** The forms of the argument TARGET. */
export const TARGET = 'host:port, unix:/path, or "consul:NAME"';

/** The permissions of a command with a target. */
export const TARGET_PERMISSIONS = [
  ["--allow-net=HOST:PORT", "the server's address, and Consul's for consul:NAME"],
  ["--allow-env=CONSUL_HTTP_ADDR", "Consul's address, without --consul"],
  [
    "--allow-read=FILE,...",
    "files in flags (--proto and its imports, --ca, --cert, --key, --consul-token-file, @FILE)",
  ],
] as const;

/** Adds the flags that say how to reach Consul. */
export const withConsul = (command: Command, all = false): Command =>
  command
    .option(
      all ? "--consul [address]" : "--consul <address>",
      `Consul's HTTP API ($CONSUL_HTTP_ADDR, or ${CONSUL})`,
      consulAddress,
    )
    .option("--consul-token-file <file>", "the file with Consul's ACL token", checkedBy(CONSUL_OPTIONS.tokenFile))
    .option("--datacenter <name>", "Consul's datacenter (default: the agent's)", checkedBy(CONSUL_OPTIONS.datacenter));

/** Adds the flags of TLS. */
export const withTls = (command: Command): Command =>
  command
    .option("--tls", "use TLS; the next flags imply it")
    .option("--ca <file>", "the trusted authorities (PEM) (default: those that Deno trusts)")
    .option("--cert <file>", "the client's certificate (PEM), for mutual TLS")
    .option("--key <file>", "the client's private key (PEM)")
    .option("--server-name <name>", "the name in the server's certificate (default: the host)", checkedBy(SERVER_NAME));

const consulAddress = checkedBy(agentAddress(), `the host and port of its HTTP API, such as ${CONSUL}`);

/** Creates the Consul registry that the flags describe. */
export function consulOf(flags: Partial<TargetFlags>, options: ConsulOptions = {}): ReturnType<typeof consul> {
  return checked(() => consul(consulAddressOf(flags), { ...consulOptionsOf(flags), ...options }));
}

/** Returns the address of Consul. */
export const consulAddressOf = ({ consul }: Pick<TargetFlags, "consul">): string =>
  typeof consul === "string" ? consul : consulInEnvironment() ?? CONSUL;

const VARIABLE = "CONSUL_HTTP_ADDR";

/** Returns the address in the environment variable of Consul's own tools, if it may be read. */
function consulInEnvironment(): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state !== "granted") return undefined;
  const address = Deno.env.get(VARIABLE)?.replace(/^http:\/\/(.*?)\/?$/, "$1");
  if (!address) return undefined;
  try {
    return consulAddress(address);
  } catch (error) {
    throw new Failure(`${VARIABLE} is ${address}: ${(error as Error).message}`, "give --consul HOST:PORT", EXIT.usage);
  }
}

/** Returns the options of Consul that the flags set. */
export function consulOptionsOf({ consulTokenFile: tokenFile, datacenter }: Partial<TargetFlags>): ConsulOptions {
  read("--consul-token-file", tokenFile); // whether it is there
  return { tokenFile, datacenter };
}

/** Returns the name in `consul:NAME`; undefined if the target is an address. */
export const consulName = (target: string): string | undefined => /^consul:(.*)$/.exec(target)?.[1];

/** Returns the client options that reach a target. */
export function reach(target: string, flags: TargetFlags): ClientOptions {
  const name = consulName(target);
  const tls = tlsOf(flags);
  if (name === undefined) {
    const [, scheme, host] = /^(https?):\/\/([^/]*)/.exec(target) ?? [];
    if (scheme) {
      const next = `leave out ${scheme}://: ${host}${scheme === "https" ? " --tls" : ""}`;
      throw new Failure(`${target} is a URL, and a target is ${TARGET}`, next, EXIT.usage);
    }
    if (/^[a-z][\w.-]{0,127}$/i.test(target)) {
      const next = `give its port, or consul:${target} for the service of that name in Consul`;
      throw new Failure(`${target} has no port; use ${TARGET}`, next, EXIT.usage);
    }
    const { kind } = checked(() => parseAddress(target, "the address"));
    if (kind === "memory" || serverAddress().check(target) === undefined) {
      throw new Failure(`${target} can't be called; use ${TARGET}`, undefined, EXIT.usage);
    }
    return { address: target, tls, limits: LIMITS, logger: QUIET };
  }
  if (!isServiceName(name)) {
    throw new Failure(`${target} names no service in Consul`, "dinokit list --consul, for those there are", EXIT.usage);
  }
  return { name, resolver: consulOf(flags), tls, limits: LIMITS, logger: QUIET };
}

function tlsOf({ tls, ca, cert, key, serverName }: TargetFlags): ClientTls | undefined {
  if (!tls && [ca, cert, key, serverName].every((flag) => flag === undefined)) return undefined;
  const options = { ca: read("--ca", ca), cert: read("--cert", cert), key: read("--key", key), serverName };
  return checked(() => checkClientTls(undefined, options, TLS_FLAGS));
}

/** Returns the text of a file that a flag names. */
export function read(flag: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Failure(`${flag}: there is no file ${path}`, undefined, EXIT.usage);
  }
}
