import type { Limits } from "../transport/transport.ts";
import {
  address,
  agent,
  bound,
  type Leaf,
  list,
  logLevel,
  oneOf,
  optional,
  or,
  required,
  secret,
  type Section,
  section,
  tcpAddress,
  text,
  whole,
  yesOrNo,
} from "./leaf.ts";

/** `Limits`, each of its names: the compiler says so if one is missing. */
const LIMITS = {
  receive_message_bytes: bound("bytes"),
  send_message_bytes: bound("bytes"),
  metadata_bytes: bound("bytes"),
  metadata_entries: bound(),
  concurrent_streams: bound(),
  connections: bound(),
  connection_buffer_bytes: bound("bytes"),
  buffer_bytes: bound("bytes"),
  header_block_frames: bound(),
  control_frames: bound(),
  resets: bound(),
  ping_interval: bound("milliseconds"),
  handshake_timeout: bound("milliseconds"),
  headers_timeout: bound("milliseconds"),
  idle_timeout: bound("milliseconds"),
  stall_timeout: bound("milliseconds"),
  connection_age: bound("milliseconds"),
  connection_age_grace: bound("milliseconds"),
  keepalive_interval: bound("milliseconds"),
  keepalive_timeout: bound("milliseconds"),
} satisfies Record<Snake<keyof Limits>, Leaf<number | undefined>>;

/** The keys of conf.yaml. What they mean stands at `Config`. */
export const SCHEMA = section({
  kitex: section({
    service: required(text('the service\'s name, for example "echoservice"')),
    address: required(address()),
    log_level: or(logLevel(), "info"),
    log_file_name: text(),
    log_max_size: or(whole(0, "MB"), 100),
    log_max_age: or(whole(0, "days"), 0),
    log_max_backups: or(whole(0), 0),
  }),
  registry: section({
    registry_address: or(list(agent()), []),
    username: text(),
    password: secret(),
    token: secret(),
  }),
  mysql: optional({ dsn: secret() }),
  redis: optional({ address: text(), username: text(), password: secret(), db: whole(0) }),
  dinokit: section({
    health: optional({ address: required(tcpAddress()) }),
    advertise: tcpAddress(),
    tls: optional({ cert_file: required(text("a path")), key_file: required(text("a path")), ca_file: text("a path") }),
    workers: whole(1),
    compression: oneOf("identity", "gzip", "deflate"),
    limits: optional(LIMITS),
    drain_delay: whole(0, "milliseconds"),
    drain_timeout: whole(0, "milliseconds"),
    drop_permissions: yesOrNo(),
  }),
});

/** A section of any keys. */
export type AnySection = Section<Record<string, AnyEntry>, boolean>;
/** A key of any kind. */
export type AnyEntry = Leaf<unknown> | AnySection;

/** The settings that a section makes: what its checks return, by names in camel case. */
export type Built<S> = S extends Leaf<infer T> ? T
  : S extends Section<infer E, infer O>
    ? { [K in keyof E as Camel<K>]: Built<E[K]> } | (O extends true ? undefined : never)
  : never;

type Snake<K> = K extends `${infer A}${infer B}` ? `${A extends Lowercase<A> ? A : `_${Lowercase<A>}`}${Snake<B>}` : "";
type Camel<K> = K extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : K & string;

/** All keys by their full path, `"kitex.address"`; sections as well. */
export const KEYS: ReadonlyMap<string, AnyEntry> = new Map(below(SCHEMA as AnySection, ""));

function* below(from: AnySection, parent: string): Generator<[string, AnyEntry]> {
  for (const [name, entry] of Object.entries(from.entries)) {
    yield [parent + name, entry];
    if (entry.kind === "section") yield* below(entry, `${parent}${name}.`);
  }
}

/** The environment variables that override keys, each with its key: `DINOKIT_KITEX_ADDRESS`, and `DINOKIT_HEALTH_ADDRESS` in our own section. */
export const VARIABLES: ReadonlyMap<string, string> = new Map(
  [...KEYS].filter(([, entry]) => entry.kind !== "section").map(([key]) => [variableOf(key), key]),
);

function variableOf(key: string): string {
  const name = key.replaceAll(".", "_").toUpperCase();
  return name.startsWith("DINOKIT_") ? name : `DINOKIT_${name}`;
}
