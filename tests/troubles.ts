/**
 * What makes each error that docs/book/troubleshooting.md explains, by its heading there.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import {
  type ClientOptions,
  consul,
  createClient,
  createLogger,
  createServer,
  loadConfig,
  memoryRegistry,
  type ServerOptions,
} from "../mod.ts";
import { parseConfig } from "../config/mod.ts";
import { EchoService } from "../proto/echo.ts";
import { makeAuthority } from "./certificates.ts";
import { bootstrap, startConsul } from "./consul.ts";
import { Kinds } from "./proto/kinds.ts";
import { until } from "./observe.ts";
import { runProgram } from "./program.ts";
import { forge } from "./tls/forge.ts";

const silent = createLogger("silent");
const HOST = { hostname: "127.0.0.1", port: 0 };

type Make = () => unknown;

/** The text of the error that comes. */
async function failure(make: Make): Promise<string> {
  try {
    await make();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it went well");
}

/** A log, and what is in it as soon as it holds a line. */
function log(level: "debug" | "info" | "warn" | "error" = "info") {
  const lines: string[] = [];
  const holds = (part: string) => until(() => lines.find((line) => line.includes(part)), `the log says ${part}`);
  return { logger: createLogger(level, (line) => void lines.push(line)), holds };
}

type Echo = (mes: string) => string | Promise<string>;

/** An echo server on a free port. */
async function echoServer(options: Partial<ServerOptions> = {}, echo: Echo = (mes) => mes) {
  const server = createServer({ name: "echo", address: "127.0.0.1:0", logger: silent, ...options });
  await server.add(EchoService, { echo: async ({ mes }) => ({ resp: await echo(mes) }) }).start();
  return server;
}

/** One call, by a client of its own. */
async function call(options: ClientOptions, mes = "", service = EchoService) {
  await using client = createClient(service, { logger: silent, ...options });
  return await client.echo({ mes });
}

/** What a call to a server says. */
async function refused(server: Partial<ServerOptions>, client: Partial<ClientOptions> = {}, mes = ""): Promise<string> {
  await using one = await echoServer(server);
  return await failure(() => call({ address: one.address, timeout: 5000, ...client }, mes));
}

/** What the first says that fails, where 50 callers call without a pause. */
async function crowded(options: Partial<ServerOptions>, echo: Echo): Promise<string> {
  await using server = await echoServer(options, echo);
  await using client = createClient(EchoService, { address: server.address, logger: silent });
  const caller = async () => {
    for (const end = performance.now() + 10_000; performance.now() < end;) await client.echo({});
  };
  return await failure(() => Promise.all(Array.from({ length: 50 }, caller)));
}

/** What a call says to a server that answers with these octets. */
async function answered(text: string): Promise<string> {
  using listener = Deno.listen(HOST);
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode(text));
    await connection.read(new Uint8Array(1000));
  })();
  const said = await failure(() => call({ address: `127.0.0.1:${listener.addr.port}`, timeout: 3000 }));
  await serving;
  return said;
}

/** An authority with a server's certificate for a name. */
async function certificate(extension: string) {
  await using authority = await makeAuthority();
  return { ca: authority.ca, own: await authority.sign("server", extension) };
}

/** What a process without any permission says. */
async function inAProcess(code: string): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code.replace("mod.ts", import.meta.resolve("../mod.ts")));
    const args = ["run", "--no-prompt", `--config=${fileURLToPath(new URL("../deno.json", import.meta.url))}`, file];
    return (await runProgram({ path: Deno.execPath(), args })).stderr;
  } finally {
    await Deno.remove(file);
  }
}

/** By heading. */
export const TROUBLES: Readonly<Record<string, () => Promise<string>>> = {
  // Start
  "needs permissions that this process does not have: ...": () =>
    inAProcess('import { createServer } from "mod.ts"; await createServer({ name: "a", address: ":1" }).start();'),
  "... is in use; stop what listens there or choose another": async () => {
    using taken = Deno.listen(HOST);
    return await failure(() => echoServer({ address: `127.0.0.1:${taken.addr.port}` }));
  },
  "... does not exist (environment ...": () => failure(() => loadConfig({ env: "prod" })),
  "... matches no key; ...": () => failure(() => parseConfig("", "conf.yaml", "test", { DINOKIT_KITEX_ADRESS: "x" })),
  "server.add: the handler ... of ... is missing": () =>
    failure(() => createServer({ name: "echo", address: ":1" }).add(EchoService, {} as never)),
  "... can't be registered, ...": async () => {
    const { logger, holds } = log();
    await using _server = await echoServer({ address: ":0", registry: memoryRegistry(), drainDelay: 0, logger });
    return await holds("can't be registered");
  },

  // Calls
  "no connection...: ...": () => failure(() => call({ address: "127.0.0.1:1" })),
  "no instance of ... is known": () => failure(() => call({ name: "echo", resolver: memoryRegistry(), timeout: 500 })),
  "the deadline passed": async () => {
    await using server = await echoServer({}, () => new Promise((done) => setTimeout(done, 500, "late")));
    return await failure(() => call({ address: server.address, timeout: 100 }));
  },
  "unknown service ...": async () => {
    await using server = await echoServer();
    await using client = createClient(Kinds, { address: server.address, logger: silent });
    return await failure(() => client.unary({}));
  },
  "the circuit breaker is open: ...": async () => {
    await using client = createClient(EchoService, { address: "127.0.0.1:1", breaker: { samples: 1 }, logger: silent });
    await failure(() => client.echo({}));
    return await failure(() => client.echo({}));
  },
  "the server is overloaded: ...": () =>
    crowded({ overload: { maxWait: 10 } }, (mes) => {
      for (const end = performance.now() + 30; performance.now() < end;);
      return mes;
    }),
  "... calls are served at a time (...": () =>
    crowded({ concurrency: { limit: 1, queue: 0 } }, () => new Promise((done) => setTimeout(done, 50, ""))),
  "a message has ... bytes, over the limit of ... (limits.receiveMessageBytes)": () =>
    refused({ limits: { receiveMessageBytes: 10 } }, {}, "x".repeat(100)),
  "... takes more than ... bytes of memory (limits.decodedMessageBytes)": () =>
    refused({ limits: { decodedMessageBytes: 50 } }, {}, "x".repeat(100)),
  "the request is not a valid ...": async () => {
    await using server = await echoServer();
    const wrong = { ...EchoService.methods.echo.request, encode: () => new Uint8Array([0xff]) };
    const methods = { echo: { ...EchoService.methods.echo, request: wrong } };
    return await failure(() => call({ address: server.address }, "", { ...EchoService, methods } as never));
  },

  // Other protocols
  "a Kitex client that speaks ...": async () => {
    const { logger, holds } = log();
    await using server = await echoServer({ logger });
    using kitex = await Deno.connect({ hostname: "127.0.0.1", port: Number(server.address.split(":")[1]) });
    await kitex.write(new Uint8Array([0, 0, 0, 48, 16, 0, 0, 0, 0, 0, 0, 1])); // TTHeader
    return await holds("Kitex");
  },
  "answers with HTTP/1, so it is not a gRPC server": () => answered("HTTP/1.1 400 Bad Request\r\n\r\n"),
  "the server answers with HTTP status ... and content-type ...": async () => {
    await using server = await echoServer({ health: { address: "127.0.0.1:0" } });
    return await failure(() => call({ address: server.healthAddress! }));
  },
  "takes connections but speaks no HTTP/2; is it another service?": () => answered("SSH-2.0-OpenSSH_9.6\r\n".repeat(3)),

  // TLS
  "speaks TLS; set the option tls": async () => {
    const { own } = await certificate("subjectAltName=IP:127.0.0.1");
    return await refused({ tls: own });
  },
  "shows a certificate for ..., not for ...": async () => {
    const { ca, own } = await certificate("subjectAltName=DNS:echo.example");
    return await refused({ tls: own }, { tls: { ca } });
  },
  "shows a certificate that no authority in tls.ca has signed, or that has expired": async () => {
    const { own } = await certificate("subjectAltName=IP:127.0.0.1");
    const { ca } = await certificate("subjectAltName=IP:127.0.0.1");
    return await refused({ tls: own }, { tls: { ca } });
  },
  "shows a certificate that Deno does not trust; ...": async () => {
    const { own } = await certificate("subjectAltName=IP:127.0.0.1");
    return await refused({ tls: own }, { tls: {} });
  },
  "asks for a client's certificate... set tls.cert and tls.key": async () => {
    const { ca, own } = await certificate("subjectAltName=IP:127.0.0.1");
    return await refused({ tls: { ...own, ca } }, { tls: { ca } });
  },
  "a connection was rejected ... certificate ...": async () => {
    const { ca, own } = await certificate("subjectAltName=IP:127.0.0.1");
    const { logger, holds } = log();
    const stranger = await certificate("extendedKeyUsage=clientAuth");
    await refused({ tls: { ...own, ca }, logger }, { tls: { ca, ...stranger.own } });
    return await holds("a connection was rejected");
  },
  "... has expired on ...; clients are rejected, or reject the server": async () => {
    const { logger, holds } = log();
    const { pem: cert, key } = forge({ until: Date.now() - 60_000 });
    await using _server = await echoServer({ tls: { cert, key: key.pkcs8 }, logger });
    return await holds("has expired");
  },
  "holds no certificate; give the PEM text of the file, not its name": () =>
    failure(() => echoServer({ tls: { cert: "tls/server.pem", key: "tls/server.key" } })),

  // Consul
  "Consul at ... is down: ...": async () => {
    const { logger, holds } = log();
    await using _server = await echoServer({ registry: consul("127.0.0.1:1"), drainDelay: 0, logger });
    return await holds("Consul");
  },
  "... is not enough: it needs service:write for ...": async () => {
    await using agent = await startConsul({ config: { acl: { enabled: true, default_policy: "deny" } } });
    await bootstrap(agent);
    const { logger, holds } = log();
    await using _server = await echoServer({ registry: consul(agent.address), drainDelay: 0, logger });
    return await holds("not enough");
  },
  "none passes its check in ...; is the server running and registered?": async () => {
    await using agent = await startConsul();
    return await failure(() => call({ name: "echo", resolver: consul(agent.address), timeout: 2000 }));
  },
  "... was taken over by another process: ...": async () => {
    await using agent = await startConsul();
    const { logger, holds } = log();
    const registry = consul(agent.address);
    const instance = { name: "echo", address: "10.0.0.5:8888" };
    const first = registry.register(instance, logger);
    await first.registered;
    const second = registry.register(instance, silent);
    const said = await holds("taken over");
    await Promise.all([first.release(), second.release()]);
    return said;
  },
  "... in Consul has addresses that are not called ...": async () => {
    await using agent = await startConsul();
    const { logger, holds } = log();
    await using _server = await echoServer({ registry: consul(agent.address), drainDelay: 0 });
    const resolver = consul(agent.address, { allowAddresses: ["10.0.0.0/8"] });
    await using client = createClient(EchoService, { name: "echo", resolver, timeout: 2000, logger });
    await failure(() => client.echo({}));
    return await holds("not called");
  },

  // Policies
  "the policy's inject is ignored: the client lacks allowInjection": async () => {
    const { logger, holds } = log();
    await using server = await echoServer();
    await call({ address: server.address, inject: { share: 1, delay: 1 }, logger });
    return await holds("inject");
  },
};
