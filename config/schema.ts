import { agentAddress, serverAddress } from "../base/options/address_fields.ts";
import type { Dialect } from "../base/options/sourced.ts";
import {
  type AnyEntry,
  keyed,
  type Leaf,
  optional,
  or,
  required,
  type Section,
  section,
  text,
  unfilled,
  whole,
  yesOrNo,
} from "../base/options/fields.ts";
import { CLIENT_POLICY } from "../policy/client_fields.ts";
import { SERVER_POLICY } from "../policy/server_fields.ts";
import { SERVER_OPTIONS, WORKER_COUNT } from "../server/option_fields.ts";
import { LIMITS } from "../transport/limit_fields.ts";
import type { CalledService, Config } from "./config.ts";
import { lines, logLevel, path, protoName, secret } from "./leaf.ts";

/** The content of conf.yaml. {@linkcode Config} documents the fields. */
export type Settings = Omit<Config, "env" | "file">;

/** The keys of conf.yaml. */
export const SCHEMA: Section<Settings> = section<Settings>({
  kitex: section({
    service: SERVER_OPTIONS.name,
    address: SERVER_OPTIONS.address,
    logLevel: or(logLevel(), "info"),
    logFileName: path(),
    logMaxSize: or(whole(0, "MB"), 100),
    logMaxAge: or(whole(0, "days"), 0),
    logMaxBackups: or(whole(0), 0),
  }),
  registry: section({
    registryAddress: or(lines(agentAddress()), []),
    username: text(),
    password: secret(),
    token: secret(),
  }),
  mysql: optional({ dsn: secret() }),
  redis: optional({ address: text(), username: text(), password: secret(), db: whole(0) }),
  // Options of createServer that are not set keep the defaults of createServer.
  dinokit: unfilled<Settings["dinokit"]>({
    health: optional({ address: SERVER_OPTIONS.health.entries.address }),
    reflection: yesOrNo(), // The default depends on the environment.
    advertise: SERVER_OPTIONS.advertise,
    tls: optional({ certFile: required(path()), keyFile: required(path()), caFile: path() }),
    workers: WORKER_COUNT,
    compression: SERVER_OPTIONS.compression,
    limits: optional(LIMITS.entries),
    drainDelay: SERVER_OPTIONS.drainDelay,
    drainTimeout: SERVER_OPTIONS.drainTimeout,
    dropPermissions: SERVER_OPTIONS.dropPermissions,
    clients: keyed<CalledService>({
      ...CLIENT_POLICY as unknown as Section<CalledService>,
      presence: "always", // An entry without fields names a service too.
      entries: { ...CLIENT_POLICY.entries, services: lines(protoName()), address: serverAddress() },
    }),
    livePolicies: yesOrNo(),
    server: SERVER_POLICY,
  }),
});

/** The words of messages about YAML. */
export const YAML: Dialect = {
  spell: (field) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  noun: "a key",
  whole: "the file",
  object: "a section",
  nothing: "nothing",
  noFields: (described, off) =>
    off
      ? `is ${described}; use false, or "key: value" lines`
      : 'holds no keys; write "key: value" lines, with a space after the colon',
  elsewhere: " Check the indentation",
};

/**
 * The environment variables that override keys, by name: `DINOKIT_KITEX_ADDRESS`, or `DINOKIT_HEALTH_ADDRESS` in the
 * section `dinokit`.
 */
export type Variables = ReadonlyMap<string, { readonly key: string; readonly leaf: Leaf<unknown> }>;

/** Yields the variables that override the keys of a declaration. */
export function* variablesOf(entry: AnyEntry, key = ""): Generator<[string, { key: string; leaf: Leaf<unknown> }]> {
  if (entry.kind === "map" || entry.kind === "section" && entry.presence === "given") return;
  if (entry.kind !== "section") return yield [variableOf(key), { key, leaf: entry }];
  for (const [name, field] of Object.entries(entry.entries)) {
    yield* variablesOf(field, key ? `${key}.${YAML.spell(name)}` : YAML.spell(name));
  }
}

/** The variables that override the kit's own keys. */
export const VARIABLES: Variables = new Map(variablesOf(SCHEMA as AnyEntry));

/**
 * The keys that variables can't override, by the prefix of the variable: policies, because many of their names are
 * free.
 */
export const WITHOUT_VARIABLES: ReadonlyMap<string, string> = new Map(
  Object.entries(
    { clients: "dinokit.clients", server: "dinokit.server" } satisfies Partial<
      Record<keyof Config["dinokit"], string>
    >,
  ).map(([, key]) => [`${variableOf(key)}_`, key]),
);

function variableOf(key: string): string {
  const name = key.replaceAll(".", "_").toUpperCase();
  return name.startsWith("DINOKIT_") ? name : `DINOKIT_${name}`;
}
