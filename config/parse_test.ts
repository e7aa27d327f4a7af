import { assertEquals, assertRejects } from "@std/assert";
import { DEFAULT_LIMITS } from "../transport/limit_fields.ts";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { ConfigError } from "./problem.ts";

const FILE = "conf/test/conf.yaml";
const LEAST = "kitex:\n  service: echoservice\n  address: :8888\n";

const parse = (source: string, variables?: Record<string, string>): Promise<Config> =>
  parseConfig(source, FILE, "test", variables);

async function problems(source: string, variables?: Record<string, string>): Promise<readonly string[]> {
  const error = await assertRejects(() => parse(source, variables), ConfigError) as ConfigError;
  return error.message.split("\n  ").slice(1);
}

Deno.test("parseConfig() takes the least and fills in the defaults", async () => {
  assertEquals(await parse(LEAST), {
    env: "test",
    file: FILE,
    kitex: {
      service: "echoservice",
      address: ":8888",
      logLevel: "info",
      logMaxSize: 100,
      logMaxAge: 0,
      logMaxBackups: 0,
    },
    registry: { registryAddress: [] },
    dinokit: { reflection: true },
  });
});

Deno.test("parseConfig() reads a file that comes from cwgo", async () => {
  const config = await parse(`
kitex:
  service: "echoservice"
  address: ":8888"
  log_level: notice
  log_file_name: "log/kitex.log"
  log_max_size: 10
  log_max_age: 3
  log_max_backups: 50
registry:
  registry_address:
    - 127.0.0.1:2379
  username: ""
  password: ""
mysql:
  dsn: "user:pass@tcp(127.0.0.1:3306)/shop?charset=utf8mb4&parseTime=True&loc=Local"
redis:
  address: "127.0.0.1:6379"
  username: ""
  password: ""
  db: 0
`);
  assertEquals(config.kitex, {
    service: "echoservice",
    address: ":8888",
    logLevel: "info",
    logFileName: "log/kitex.log",
    logMaxSize: 10,
    logMaxAge: 3,
    logMaxBackups: 50,
  });
  assertEquals(config.registry, { registryAddress: ["127.0.0.1:2379"] });
  assertEquals(config.mysql?.dsn?.slice(0, 5), "user:");
  assertEquals(config.redis, { address: "127.0.0.1:6379", db: 0 });
});

Deno.test("parseConfig() reads the section dinokit", async () => {
  const { dinokit } = await parse(`${LEAST}
dinokit:
  health: { address: "127.0.0.1:8889" }
  reflection: false
  advertise: 10.0.0.7:8888
  tls: { cert_file: a.pem, key_file: b.pem, ca_file: c.pem }
  limits:
    receive_message_bytes: 1
    send_message_bytes: 2
    metadata_bytes: 3
    metadata_entries: 4
    concurrent_streams: 5
    connection_age: infinity
    idle_timeout: .inf
  workers: 2
  compression: gzip
  drain_delay: 0
  drain_timeout: 500
  drop_permissions: false
`);
  assertEquals(dinokit, {
    health: { address: "127.0.0.1:8889" },
    reflection: false,
    advertise: "10.0.0.7:8888",
    tls: { certFile: "a.pem", keyFile: "b.pem", caFile: "c.pem" },
    limits: {
      receiveMessageBytes: 1,
      sendMessageBytes: 2,
      metadataBytes: 3,
      metadataEntries: 4,
      concurrentStreams: 5,
      connectionAge: Infinity,
      idleTimeout: Infinity,
    },
    workers: 2,
    compression: "gzip",
    drainDelay: 0,
    drainTimeout: 500,
    dropPermissions: false,
  });
});

Deno.test("parseConfig() turns reflection on in dev and test, and elsewhere where it is asked to", async () => {
  const reflection = async (env: string, text = "") => (await parseConfig(LEAST + text, FILE, env)).dinokit.reflection;
  const envs = ["dev", "test", "online", "staging"];
  assertEquals(await Promise.all(envs.map((env) => reflection(env))), [true, true, false, false]);
  assertEquals(await reflection("online", "dinokit: { reflection: true }\n"), true);
  assertEquals(await reflection("dev", "dinokit: { reflection: false }\n"), false);
});

Deno.test("parseConfig() knows every limit that createServer knows", async () => {
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    const key = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    assertEquals((await parse(`${LEAST}dinokit: { limits: { ${key}: 7 } }\n`)).dinokit.limits, { [name]: 7 });
  }
});

Deno.test("parseConfig() returns a value frozen at every depth", async () => {
  const config = await parse(`${LEAST}registry: { registry_address: ["127.0.0.1:8500"] }\n`);
  assertEquals([config, config.kitex, config.registry.registryAddress].map(Object.isFrozen), [true, true, true]);
});

Deno.test("parseConfig() takes every level of the log, ours and Kitex's", async () => {
  const levels = ["trace", "debug", "info", "notice", "warn", "error", "fatal", "silent"];
  const read = await Promise.all(
    levels.map(async (level) => (await parse(`${LEAST}  log_level: ${level}\n`)).kitex.logLevel),
  );
  assertEquals(read, ["debug", "debug", "info", "info", "warn", "error", "error", "silent"]);
});

Deno.test("parseConfig() leaves out sections and keys that hold nothing", async () => {
  const config = await parse(
    `${LEAST}registry:\nredis:\ndinokit:\n  health:\n  tls: {}\n  limits: { metadata_bytes: }\n`,
  );
  assertEquals([config.registry, config.redis, config.dinokit], [{ registryAddress: [] }, undefined, {
    reflection: true,
  }]);
});

Deno.test("parseConfig() reports an unknown key with position and the nearest known key", async () => {
  assertEquals(await problems("kitex:\n  service: echoservice\n  adress: :8888\n"), [
    "conf/test/conf.yaml:3:3: kitex.adress is not a key; did you mean kitex.address?",
  ]);
  assertEquals(await problems(`${LEAST}dinokit: { limits: { recieve_message_bytes: 1 } }\n`), [
    "conf/test/conf.yaml:4:22: dinokit.limits.recieve_message_bytes is not a key; did you mean dinokit.limits.receive_message_bytes?",
  ]);
  assertEquals(await problems(`${LEAST}health: { address: ":1" }\n`), [
    "conf/test/conf.yaml:4:1: health is not a key; did you mean dinokit.health? Check the indentation",
  ]);
  assertEquals(await problems(`${LEAST}frobnicate: 1\n`), [
    "conf/test/conf.yaml:4:1: frobnicate is not a key; the file may have kitex, registry, mysql, redis, dinokit; configure({ sections }) declares others",
  ]);
});

Deno.test("parseConfig() takes names of Object's prototype for unknown keys", async () => {
  assertEquals(await problems(`${LEAST}  constructor: 1\n__proto__: { polluted: 1 }\n`), [
    "conf/test/conf.yaml:4:3: kitex.constructor is not a key; kitex may have service, address, log_level, log_file_name, log_max_size, log_max_age, log_max_backups",
    "conf/test/conf.yaml:5:1: __proto__ is not a key; the file may have kitex, registry, mysql, redis, dinokit; configure({ sections }) declares others",
  ]);
});

Deno.test("parseConfig() reports missing keys, in an empty file too", async () => {
  const service = 'kitex.service is missing; give the service\'s name, for example "echoservice"';
  const address =
    'kitex.address is missing; give "host:port" with a port from 0 to 65535, ":port" for all interfaces, ' +
    'or "unix:/path", for example "127.0.0.1:8888"';
  for (const empty of ["", "# nothing\n", "---\n", "\ufeff", "{}", "kitex:\n"]) {
    assertEquals(await problems(empty), [`${FILE}:1:1: ${service}`, `${FILE}:1:1: ${address}`], empty);
  }
  assertEquals(await problems('kitex: { service: "", address: ":1" }\n'), [`${FILE}:1:19: ${service}`]);
  assertEquals(await problems(`${LEAST}dinokit:\n  tls:\n    cert_file: a.pem\n`), [
    "conf/test/conf.yaml:5:3: dinokit.tls.key_file is missing; give a path",
  ]);
});

Deno.test("parseConfig() reports all invalid values together, each with its allowed values", async () => {
  const source = `kitex:
  service: 12
  address: 127.0.0.1:70000
  log_level: loud
  log_max_size: 10MB
  log_max_age: -1
registry:
  registry_address:
    - 127.0.0.1:8500
    - consul
    - https://consul:8500
dinokit:
  health: { address: "unix:/tmp/health" }
  limits: { receive_message_bytes: 0, metadata_entries: 1.5 }
  drop_permissions: yes
  workers: infinity
  compression: brotli
`;
  const agent = 'use "host:port", for example "127.0.0.1:8500", and no URL: TLS is the option "tls" of consul()';
  assertEquals(await problems(source), [
    `${FILE}:2:12: kitex.service is 12; use the service's name, for example "echoservice" (in quotes)`,
    `${FILE}:3:12: kitex.address is "127.0.0.1:70000"; use "host:port" with a port from 0 to 65535, ":port" for all interfaces, ` +
    `or "unix:/path", for example "127.0.0.1:8888"`,
    `${FILE}:4:14: kitex.log_level is "loud"; use debug, info, warn, error or silent (or Kitex's trace, notice, fatal)`,
    `${FILE}:5:17: kitex.log_max_size is "10MB"; use a whole number of at least 0, in MB`,
    `${FILE}:6:16: kitex.log_max_age is -1; use a whole number of at least 0, in days`,
    `${FILE}:10:7: registry.registry_address[1] is "consul"; ${agent}`,
    `${FILE}:11:7: registry.registry_address[2] is "https://consul:8500"; ${agent}`,
    `${FILE}:13:22: dinokit.health.address is "unix:/tmp/health"; use "host:port" with a port from 0 to 65535, for example "127.0.0.1:8889"`,
    `${FILE}:14:36: dinokit.limits.receive_message_bytes is 0; use a whole number of at least 1, in bytes, or infinity`,
    `${FILE}:14:57: dinokit.limits.metadata_entries is 1.5; use a whole number of at least 1, or infinity`,
    `${FILE}:15:21: dinokit.drop_permissions is "yes"; use true or false`,
    `${FILE}:16:12: dinokit.workers is "infinity"; use a whole number of at least 1`,
    `${FILE}:17:16: dinokit.compression is "brotli"; use identity, gzip or deflate`,
  ]);
});

Deno.test("parseConfig() reports a section, a list or a text in place of another type", async () => {
  assertEquals(await problems("kitex: echoservice\n"), [
    `${FILE}:1:1: kitex holds no keys; write "key: value" lines, with a space after the colon`,
  ]);
  assertEquals(await problems("kitex:echoservice\n"), [
    `${FILE}:1:1: the file holds no keys; write "key: value" lines, with a space after the colon`,
  ]);
  assertEquals(
    await problems(`${LEAST}  log_file_name: [a]\nregistry:\n  registry_address: 127.0.0.1:8500\n  username: {}\n`),
    [
      `${FILE}:4:18: kitex.log_file_name is a list; use a path`,
      `${FILE}:6:21: registry.registry_address is "127.0.0.1:8500"; use a list: one value a line, each after "- "`,
      `${FILE}:7:13: registry.username is a section; use a text`,
    ],
  );
});

Deno.test("parseConfig() lets variables override single keys, of every type", async () => {
  const config = await parse(`${LEAST}registry: { token: old, registry_address: ["127.0.0.1:8500"] }\n`, {
    DINOKIT_KITEX_ADDRESS: "127.0.0.1:9999",
    DINOKIT_KITEX_LOG_MAX_SIZE: "7",
    DINOKIT_REGISTRY_REGISTRY_ADDRESS: "a:1, b:2,",
    DINOKIT_REGISTRY_TOKEN: "",
    DINOKIT_HEALTH_ADDRESS: "127.0.0.1:1",
    DINOKIT_DROP_PERMISSIONS: "true",
    DINOKIT_WORKERS: "4",
    DINOKIT_LIMITS_CONNECTION_AGE: "infinity",
    DINOKIT_LIMITS_CONNECTIONS: "20",
  });
  assertEquals([config.kitex.service, config.kitex.address], ["echoservice", "127.0.0.1:9999"]);
  assertEquals([config.kitex.logMaxSize, config.dinokit.dropPermissions], [7, true]);
  assertEquals(config.registry, { registryAddress: ["a:1", "b:2"] });
  assertEquals(config.dinokit.health, { address: "127.0.0.1:1" });
  assertEquals([config.dinokit.workers, config.dinokit.limits], [4, { connectionAge: Infinity, connections: 20 }]);
});

Deno.test("parseConfig() lets a variable stand in for a wrong or missing value of the file", async () => {
  const config = await parse("kitex: { service: 5 }\n", {
    DINOKIT_KITEX_SERVICE: "echoservice",
    DINOKIT_KITEX_ADDRESS: ":1",
  });
  assertEquals([config.kitex.service, config.kitex.address], ["echoservice", ":1"]);
});

Deno.test("parseConfig() reports invalid variables after the problems in the file", async () => {
  const variables = {
    DINOKIT_KITEX_ADRESS: ":1",
    DINOKIT_ANYTHING: "1",
    DINOKIT_DRAIN_DELAY: "ten",
    DINOKIT_REGISTRY_REGISTRY_ADDRESS: "a:1,b",
    DINOKIT_KITEX_SERVICE: "",
  };
  const variable = "environment variable";
  assertEquals(await problems(`${LEAST}  port: 1\n`, variables), [
    `${FILE}:4:3: kitex.port is not a key; kitex may have service, address, log_level, log_file_name, log_max_size, log_max_age, log_max_backups`,
    `${variable} DINOKIT_KITEX_ADRESS: matches no key; did you mean DINOKIT_KITEX_ADDRESS?`,
    `${variable} DINOKIT_ANYTHING: matches no key; correct or unset it`,
    `${variable} DINOKIT_KITEX_SERVICE: kitex.service is missing; give the service's name, for example "echoservice"`,
    `${variable} DINOKIT_REGISTRY_REGISTRY_ADDRESS: registry.registry_address[1] is "b"; use "host:port", for example "127.0.0.1:8500", and no URL: TLS is the option "tls" of consul()`,
    `${variable} DINOKIT_DRAIN_DELAY: dinokit.drain_delay is "ten"; use a number of at least 0, in milliseconds`,
  ]);
});

Deno.test("ConfigError holds each problem and its position as fields", async () => {
  const error = await assertRejects(() => parse("kitex: { service: a, adress: :1 }\n", { DINOKIT_X: "" }), ConfigError);
  assertEquals((error as ConfigError).name, "ConfigError");
  assertEquals((error as ConfigError).problems, [
    {
      file: FILE,
      line: 1,
      column: 22,
      key: "kitex.adress",
      message: "kitex.adress is not a key; did you mean kitex.address?",
    },
    { variable: "DINOKIT_X", message: "matches no key; correct or unset it" },
  ]);
});
