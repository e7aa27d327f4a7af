/**
 * What a process may touch, and how it ends: each case is a process of its own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createClient, createLogger, type Metadata } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { HIDDEN_TEXT } from "./kinds.ts";
import { needs } from "./needs.ts";

const ROOT = new URL("..", import.meta.url);
const PERMISSIONS: Deno.PermissionDescriptor[] = ["run", "read", "write", "net", "env"].map((name) => ({
  name,
})) as never;
const logger = createLogger("silent");
/** The lock file beside it says which packages: without it Deno would ask npm. */
const CONFIG = `--config=${fileURLToPath(new URL("deno.json", ROOT))}`;

/** A process with the output that it has written so far. */
class Child implements AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly output: Promise<void>;
  stdout = "";
  stderr = "";
  #changed = Promise.withResolvers<void>();
  #killer: ReturnType<typeof setTimeout>;

  constructor(args: string[]) {
    this.process = new Deno.Command(Deno.execPath(), {
      args,
      cwd: ROOT,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.output = Promise.all([this.#read("stdout"), this.#read("stderr")]).then(() => {});
    this.#killer = setTimeout(() => this.process.kill("SIGKILL"), 60_000);
  }

  async #read(name: "stdout" | "stderr"): Promise<void> {
    for await (const text of this.process[name].pipeThrough(new TextDecoderStream())) {
      this[name] += text;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  /** What it wrote to stdout that matches. */
  async said(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = what.exec(this.stdout);
      if (match) return match;
      const ended = this.output.then(() => true);
      if (await Promise.race([ended, this.#changed.promise.then(() => false)]) && !what.test(this.stdout)) {
        throw new Error(`it ended without ${what}:\n${this.stdout}\n${this.stderr}`);
      }
    }
  }

  async ended(): Promise<Deno.CommandStatus> {
    await this.output;
    const status = await this.process.status;
    clearTimeout(this.#killer);
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await this.ended();
  }
}

/** Runs a program that is given as text, from a file of its own beside nothing. */
async function run(flags: string[], source: string, body: (child: Child) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile({ prefix: "dinokit_", suffix: ".ts" });
  try {
    const text = source.replaceAll(
      /from "(\.\/[^"]+)"|import\("(\.\/[^"]+)"\)/g,
      (all, one, two) => all.replace(one ?? two, new URL(one ?? two, ROOT).href),
    );
    await Deno.writeTextFile(file, text);
    await using child = new Child(["run", "--no-prompt", "--cached-only", CONFIG, ...flags, file]);
    await body(child);
  } finally {
    await Deno.remove(file);
  }
}

/** A server's program: `options` and `body` are its own. */
const program = (options: string, body: string, echo = "({ mes }) => ({ resp: mes })") => `
import { createServer } from "./mod.ts";
import { EchoService } from "./proto/echo.ts";
const server = createServer({ name: "echo", ${options} });
server.add(EchoService, { echo: ${echo} });
${body}`;

/** Starts, and says where it serves. */
const RUN = `
const ended = server.run();
await server.start();
console.log("serving at", server.address);
await ended;
console.log("stopped");`;

const NET = ["--allow-net=127.0.0.1", "--allow-env=GRPC_*"];

needs(
  PERMISSIONS,
  "mod.ts is imported without any permission, and loads neither grpc-js, consul nor yaml",
  async () => {
    await run(
      [],
      `
    const kit = await import("./mod.ts");
    const states = ["net", "env", "read", "write", "run", "sys", "ffi"].map((name) => Deno.permissions.querySync({ name } as never).state);
    console.log(Object.keys(kit).includes("createServer"), new Set(states).has("granted"));
  `,
      async (child) => {
        assertEquals([(await child.ended()).code, child.stdout], [0, "true false\n"], child.stderr);
      },
    );
    // What is loaded only when it is asked for is a dynamic import: the static graph must not hold it.
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "mod.ts"],
      cwd: ROOT,
      stderr: "null",
    }).output();
    const graph: {
      modules: { specifier: string; dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[] }[];
    } = JSON.parse(new TextDecoder().decode(stdout));
    const modules = new Map(graph.modules.map((one) => [one.specifier, one]));
    const seen = new Set<string>();
    const visit = (specifier: string) => {
      if (seen.has(specifier)) return;
      seen.add(specifier);
      for (const { code, isDynamic } of modules.get(specifier)?.dependencies ?? []) {
        if (code && !isDynamic) visit(code.specifier);
      }
    };
    visit(new URL("mod.ts", ROOT).href);
    assert(seen.size > 20, `the graph has ${seen.size} modules`);
    assertEquals([...seen].filter((one) => /npm:\/?(@grpc|consul|yaml)|\/(cli|codegen)\//.test(one)), []);
  },
);

needs(PERMISSIONS, "a server without its permissions ends with one message that has the complete command", async () => {
  const source = program(
    `address: "127.0.0.1:18888", health: { address: "127.0.0.1:18889" }`,
    `try { await server.run(); } catch (error) { console.error(error.message); Deno.exit(1); }`,
  );
  await run([], source, async (child) => {
    assertEquals([(await child.ended()).code, child.stdout], [1, ""]);
    assertMatch(
      child.stderr,
      /^ {4}deno run --allow-net=127\.0\.0\.1:18888,127\.0\.0\.1:18889 \S+[/\\]dinokit_\w+\.ts$/m,
    );
    assertEquals(child.stderr.match(/needs permissions/g)?.length, 1);
    assert(!child.stderr.includes("    at "), child.stderr);
  });
});

needs(PERMISSIONS, "a port in use ends a server with code 1 and an error that names the address", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  const source = program(`address: "${address}"`, `await server.run();`);
  await run(NET, source, async (child) => {
    assertEquals((await child.ended()).code, 1);
    assertStringIncludes(child.stderr, "AddrInUse");
    assertStringIncludes(child.stderr, address);
  });
});

needs(PERMISSIONS, "a health port in use ends a server with code 1 and an error that names the address", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  const source = program(`address: "127.0.0.1:0", health: { address: "${address}" }`, `await server.run();`);
  await run(NET, source, async (child) => {
    assertEquals((await child.ended()).code, 1);
    assertStringIncludes(child.stderr, "AddrInUse");
    assertStringIncludes(child.stderr, address);
  });
});

needs(PERMISSIONS, "dropPermissions gives up all but net, and the server serves on", async () => {
  const states = `() => ({ resp: ["read", "write", "env", "run", "sys", "ffi", "import", "net"].map((name) =>
    name + " " + Deno.permissions.querySync({ name }).state).join() })`;
  await run(["-A"], program(`address: "127.0.0.1:0", dropPermissions: true`, RUN, states), async (child) => {
    const [, address] = await child.said(/serving at (\S+)/);
    await using echo = createClient(EchoService, { address: address!, logger });
    const { resp } = await echo.echo({});
    const names = ["read", "write", "env", "run", "sys", "ffi", "import"];
    assertEquals(resp, [...names.map((name) => `${name} prompt`), "net granted"].join());
    assertStringIncludes(child.stderr, "net is granted for every host");
    child.process.kill("SIGTERM");
    assertEquals((await child.ended()).code, 0);
  });
});

needs(PERMISSIONS, "dropPermissions leaves the registry its tokenFile, which is read at each request", async () => {
  const token = Promise.withResolvers<string | null>();
  await using consulApi = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    token.resolve(request.headers.get("x-consul-token"));
    return Response.json({});
  });
  const file = await Deno.makeTempFile({ prefix: "dinokit_token_" });
  try {
    await Deno.writeTextFile(file, "3b0e9f6c\n");
    const registry = `(await import("./mod.ts")).consul("127.0.0.1:${consulApi.addr.port}", { tokenFile: "${file}" })`;
    const source = program(`address: "127.0.0.1:0", dropPermissions: true, registry: ${registry}, drainDelay: 0`, RUN);
    await run(["-A"], source, async (child) => {
      await child.said(/serving at/);
      assertEquals(await token.promise, "3b0e9f6c");
      child.process.kill("SIGTERM");
      await child.ended();
    });
  } finally {
    await Deno.remove(file);
  }
});

/** Answers when it is cut, and not before. */
const HANG = `(_req, ctx) => { ctx.header.set("arrived", "yes"); ctx.sendHeader(); return new Promise(() => {}); }`;

/** Answers after a while. */
const SLOW =
  `async (req, ctx) => { ctx.sendHeader(); await new Promise((r) => setTimeout(r, 300)); return { resp: req.mes }; }`;

needs(PERMISSIONS, "SIGTERM lets a call in flight end, then the process ends with code 0", async () => {
  await run(NET, program(`address: "127.0.0.1:0"`, RUN, SLOW), async (child) => {
    const [, address] = await child.said(/serving at (\S+)/);
    await using echo = createClient(EchoService, { address: address!, logger });
    const arrived = Promise.withResolvers<Metadata>();
    const call = echo.echo({ mes: "to the end" }, { onHeader: arrived.resolve });
    await arrived.promise;
    child.process.kill("SIGTERM");
    assertEquals((await call).resp, "to the end");
    assertEquals([(await child.ended()).code, child.stdout.includes("stopped")], [0, true]);
  });
});

needs(PERMISSIONS, "two SIGINTs 5 ms apart, as Ctrl-C on deno task sends them, let a call in flight end", async () => {
  await run(NET, program(`address: "127.0.0.1:0"`, RUN, SLOW), async (child) => {
    const [, address] = await child.said(/serving at (\S+)/);
    await using echo = createClient(EchoService, { address: address!, logger });
    const arrived = Promise.withResolvers<Metadata>();
    const call = echo.echo({ mes: "to the end" }, { onHeader: arrived.resolve });
    await arrived.promise;
    child.process.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 5));
    child.process.kill("SIGINT");
    assertEquals((await call).resp, "to the end");
    assertEquals([(await child.ended()).code, child.stdout.includes("stopped")], [0, true]);
  });
});

needs(PERMISSIONS, "a second SIGINT half a second later cuts the calls in flight at once", async () => {
  await run(NET, program(`address: "127.0.0.1:0", drainTimeout: 600_000`, RUN, HANG), async (child) => {
    const [, address] = await child.said(/serving at (\S+)/);
    await using echo = createClient(EchoService, { address: address!, logger });
    const arrived = Promise.withResolvers<Metadata>();
    const call = echo.echo({}, { timeout: 60_000, onHeader: arrived.resolve }).then(
      () => "answered",
      (error) => error.code,
    );
    await arrived.promise;
    child.process.kill("SIGINT");
    while (!child.stderr.includes("draining")) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 600));
    const start = performance.now();
    child.process.kill("SIGINT");
    assertEquals(await call, 14);
    assertEquals([(await child.ended()).code, child.stdout.includes("stopped")], [0, true]);
    assert(performance.now() - start < 5000);
  });
});

needs(PERMISSIONS, "unhandled rejections of handlers do not end the process", async () => {
  const echo = `({ mes }) => { if (mes) return Promise.reject(new Error("a secret")); return { resp: "alive" }; }`;
  await run(NET, program(`address: "127.0.0.1:0"`, RUN, echo), async (child) => {
    const [, address] = await child.said(/serving at (\S+)/);
    await using echo = createClient(EchoService, { address: address!, logger });
    for (let i = 0; i < 3; i++) {
      const error = await echo.echo({ mes: "x" }).then(() => undefined, (error) => error.rawMessage);
      assertMatch(error, HIDDEN_TEXT);
    }
    const controller = new AbortController();
    const left = echo.echo({ mes: "x" }, { signal: controller.signal }).catch(() => {});
    controller.abort();
    await left;
    assertEquals((await echo.echo({})).resp, "alive");
    assertStringIncludes(child.stderr, "a secret");
    child.process.kill("SIGTERM");
    assertEquals((await child.ended()).code, 0);
  });
});

const example = (name: string, ...flags: string[]) =>
  new Child([
    "run",
    "--no-prompt",
    "--cached-only",
    ...flags.slice(0, -1),
    `examples/echo/${name}.ts`,
    ...flags.slice(-1).filter((argument) => argument !== ""),
  ]);

needs(
  PERMISSIONS,
  "the example server reports all errors and missing permissions in one message, with a command that runs",
  async () => {
    const said = async (...flags: string[]) => {
      await using server = example("server", ...flags, "");
      assertEquals([(await server.ended()).code, server.stdout], [1, ""]);
      assert(!server.stderr.includes("    at "), server.stderr);
      return server.stderr;
    };
    const read = `'?--allow-read=${RegExp.escape(fileURLToPath(new URL("../conf", import.meta.url)))}'?`;
    const commandWith = (flags: string) => new RegExp(`deno run ${read} ${flags} examples/echo/server\\.ts\n`);
    assertMatch(await said(), commandWith("'--allow-env=\\S+'"));
    const command = commandWith("'--allow-env=\\S+' --allow-net=\\S+");
    const text = await said("--allow-read=conf");
    assertMatch(text, command);
    assertStringIncludes(text, "DENO_ENV and GO_ENV can't be read");
  },
);

needs(
  PERMISSIONS,
  "the example client rejects an agent without a port, and asks for permissions before it connects",
  async () => {
    for (
      const [flag, message] of [["--consul=foo", 'address is "foo"; use "host:port"'], [
        "--consul=10.0.0.1:1",
        "--allow-net=10.0.0.1:1",
      ]]
    ) {
      await using client = example("client", "-P=client", flag!);
      assertEquals([(await client.ended()).code, client.stdout], [1, ""]);
      assertStringIncludes(client.stderr, message!);
    }
  },
);

/** Whether nobody listens on a port of this machine. */
function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

needs(PERMISSIONS, "the permission sets serve and client suffice for the example (ports 8888 and 8889)", async () => {
  const taken = [8888, 8889].filter((port) => !isFree(port));
  if (taken.length > 0) {
    throw new Error(`port ${taken.join(" and ")} is in use: end what listens there and run it again`);
  }
  await using server = new Child(["run", "--no-prompt", "--cached-only", "-P=serve", "examples/echo/server.ts"]);
  while (!server.stderr.includes(" serving ")) {
    if (await Promise.race([server.output.then(() => true), new Promise((r) => setTimeout(() => r(false), 10))])) {
      throw new Error(server.stderr);
    }
  }
  const health = await fetch("http://127.0.0.1:8889/health");
  assertEquals([health.status, (await health.json()).status], [200, "serving"]);
  const args = ["run", "--no-prompt", "--cached-only", "-P=client", "examples/echo/client.ts", "--addr=127.0.0.1:8888"];
  await using client = new Child(args);
  assertEquals([(await client.ended()).code, client.stdout], [0, `{ resp: "hello, world" }\n`], client.stderr);
  server.process.kill("SIGINT");
  assertEquals([(await server.ended()).code, server.stdout], [0, "client_name =  echo_client\n"], server.stderr);
});
