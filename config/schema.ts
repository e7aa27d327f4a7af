import type { Limits } from "../transport/transport.ts";
import type { Dialect } from "../policy/check.ts";
import { CLIENT_POLICY } from "../policy/client_fields.ts";
import {
  type AnyEntry,
  type Fields,
  keyed,
  type Leaf,
  oneOf,
  optional,
  or,
  required,
  type Section,
  section,
  text,
  whole,
  yesOrNo,
} from "../policy/fields.ts";
import { SERVER_POLICY } from "../policy/server_fields.ts";
import type { Config } from "./config.ts";
import { address, agent, bound, lines, logLevel, path, secret, tcpAddress } from "./leaf.ts";

const LIMITS: Fields<Limits> = {
  receiveMessageBytes: bound("bytes"),
  decodedMessageBytes: bound("bytes"),
  sendMessageBytes: bound("bytes"),
  metadataBytes: bound("bytes"),
  metadataEntries: bound(),
  concurrentStreams: bound(),
  connections: bound(),
  connectionBufferBytes: bound("bytes"),
  bufferBytes: bound("bytes"),
  headerBlockFrames: bound(),
  controlFrames: bound(),
  resets: bound(),
  pingInterval: bound("milliseconds"),
  handshakeTimeout: bound("milliseconds"),
  headersTimeout: bound("milliseconds"),
  idleTimeout: bound("milliseconds"),
  stallTimeout: bound("milliseconds"),
  connectionAge: bound("milliseconds"),
  connectionAgeGrace: bound("milliseconds"),
  keepaliveInterval: bound("milliseconds"),
  keepaliveTimeout: bound("milliseconds"),
  silenceTimeout: bound("milliseconds"),
};

/** The content of conf.yaml. {@linkcode Config} documents the fields. */
export type Settings = Omit<Config, "env" | "file">;

/** The keys of conf.yaml. */
export const SCHEMA: Section<Settings> = section<Settings>({
  kitex: section({
    service: required(text('the service\'s name, for example "echoservice"')),
    address: required(address()),
    logLevel: or(logLevel(), "info"),
    logFileName: path(),
    logMaxSize: or(whole(0, "MB"), 100),
    logMaxAge: or(whole(0, "days"), 0),
    logMaxBackups: or(whole(0), 0),
  }),
  registry: section({
    registryAddress: or(lines(agent()), []),
    username: text(),
    password: secret(),
    token: secret(),
  }),
  mysql: optional({ dsn: secret() }),
  redis: optional({ address: text(), username: text(), password: secret(), db: whole(0) }),
  dinokit: section<Settings["dinokit"]>({
    health: optional({ address: required(tcpAddress()) }),
    reflection: yesOrNo(),
    advertise: tcpAddress(),
    tls: optional({ certFile: required(path()), keyFile: required(path()), caFile: path() }),
    workers: whole(1),
    compression: oneOf("identity", "gzip", "deflate"),
    limits: optional(LIMITS),
    drainDelay: whole(0, "milliseconds"),
    drainTimeout: whole(0, "milliseconds"),
    dropPermissions: yesOrNo(),
    clients: keyed(CLIENT_POLICY),
    server: SERVER_POLICY,
  }),
});

/** The words of messages about YAML. */
export const YAML: Dialect = {
  spell: (field) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  noun: "key",
  whole: "the file",
  object: "a section",
  noFields: (described, off) =>
    off
      ? `is ${described}; use false, or "key: value" lines`
      : 'holds no keys; write "key: value" lines, with a space after the colon',
};

/**
 * The environment variables that override keys, by name: `DINOKIT_KITEX_ADDRESS`, or `DINOKIT_HEALTH_ADDRESS` in the
 * section `dinokit`.
 */
export const VARIABLES: ReadonlyMap<string, { readonly key: string; readonly leaf: Leaf<unknown> }> = new Map(
  leavesBelow(SCHEMA as AnyEntry, ""),
);

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

function* leavesBelow(entry: AnyEntry, key: string): Generator<[string, { key: string; leaf: Leaf<unknown> }]> {
  if (entry.kind === "map" || entry.kind === "section" && entry.presence === "given") return;
  if (entry.kind !== "section") return yield [variableOf(key), { key, leaf: entry }];
  for (const [name, one] of Object.entries(entry.entries)) {
    yield* leavesBelow(one, key ? `${key}.${YAML.spell(name)}` : YAML.spell(name));
  }
}

function variableOf(key: string): string {
  const name = key.replaceAll(".", "_").toUpperCase();
  return name.startsWith("DINOKIT_") ? name : `DINOKIT_${name}`;
}
