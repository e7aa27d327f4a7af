import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { SCHEMA, VARIABLES, YAML } from "../config/schema.ts";
import { createClient, createServer } from "../mod.ts";
import type { AnyEntry } from "../base/options/fields.ts";
import { EchoService } from "../proto/echo.ts";
import { needs } from "./needs.ts";
import { runProgram } from "./program.ts";

const ROOT = new URL("..", import.meta.url);
const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];
const text = (name: string) => Deno.readTextFileSync(new URL(`docs/book/${name}`, ROOT));

/** The keys of conf.yaml with their defaults, as the table says them. */
function* keysOf(entry: AnyEntry, key = ""): Generator<readonly [key: string, value: string | undefined]> {
  if (key === "dinokit.limits") return yield [`${key}.*`, undefined];
  if (entry.kind === "map" || entry.kind === "section" && entry.presence === "given") return yield [key, undefined];
  if (entry.kind !== "section") {
    const fallback = entry.fallback === undefined ? undefined : `\`${[entry.fallback].flat().join() || "[]"}\``;
    return yield [key, entry.required && !/^dinokit/.test(key) ? "must be set" : fallback];
  }
  for (const [name, one] of Object.entries(entry.entries)) {
    yield* keysOf(one, key ? `${key}.${YAML.spell(name)}` : YAML.spell(name));
  }
}

needs(READ, "config.md has every key, and the defaults of the settings", () => {
  const [, section] = /^## The file\n(.*?)^## /ms.exec(text("config.md"))!;
  const rows = [...section!.matchAll(/^\| `([\w.*]+)` +\| (.+?) +\|/gm)].map(([, key, value]) => [key, value] as const);
  const keys = [...keysOf(SCHEMA as AnyEntry)];
  assertEquals(rows.map(([key]) => key).toSorted(), keys.map(([key]) => key).toSorted());
  const said = new Map(rows);
  for (const [key, value] of keys) if (value !== undefined) assertEquals([key, said.get(key)], [key, value]);
});

needs(READ, "config.md names variables of keys that are there", () => {
  const rows = [...text("config.md").matchAll(/^\| `([\w.]+)` +\| `(DINOKIT_\w+)` +\|/gm)];
  assert(rows.length > 4);
  for (const [, key, variable] of rows) assertEquals([variable, VARIABLES.get(variable!)?.key], [variable, key]);
});

needs([...READ, { name: "net" }], "resilience.md sets options that there are, to values that they take", async () => {
  const [, client, server] = text("resilience.md").split(/^## /m);
  const rows = (section: string) =>
    section.split("\n").flatMap((row) => {
      const settings = [...row.split("|")[2]?.matchAll(/`(\w+: [^`]*)`/g) ?? []].map(([, one]) => one);
      return settings.length > 0 ? [new Function(`return { ${settings.join()} }`)()] : [];
    });
  const [ofClients, ofServers] = [rows(client!), rows(server!)];
  assertEquals([ofClients.length, ofServers.length], [7, 2]);
  for (const row of ofClients) {
    await createClient(EchoService, { address: "127.0.0.1:1", ...row })[Symbol.asyncDispose]();
  }
  for (const row of ofServers) createServer({ name: "echo", address: ":1", ...row });
});

/** Asks for each part of the table without any permission, and prints the flags in the error. */
const PARTS = `
import { configLogger, consul, createClient, createServer, loadConfig, readTls } from "KIT/mod.ts";
import { grpcJs } from "KIT/transport/grpc_js/mod.ts";
import { EchoService } from "KIT/proto/echo.ts";

const tell = async (make) => {
  const { message } = await Promise.resolve().then(make).then(() => ({ message: "fine" }), (error) => error);
  const flags = message.split("\\n").find((line) => line.includes("deno run --")) ?? message;
  console.log(flags.replaceAll("'", "").match(/--allow-\\S+/g)?.join(" ") ?? message);
};
const server = (options) =>
  tell(() => createServer({ name: "echo", address: "127.0.0.1:8888", ...options })
    .add(EchoService, { echo: () => ({}) }).start());
const client = (address) => tell(() => createClient(EchoService, { address }));

await server({});
await server({ address: ":8888" });
await server({ address: "unix:/run/echo.sock" });
await client("10.0.0.5:8888");
await tell(() => createClient(EchoService, { name: "echo", resolver: consul("127.0.0.1:8500") }));
await server({ address: ":8888", registry: consul("127.0.0.1:8500") });
await server({ address: ":8888", advertise: "10.0.0.5:8888", registry: consul("127.0.0.1:8500") });
await server({ registry: consul("127.0.0.1:8500", { tokenFile: "/run/secrets/consul" }) });
await tell(() => createClient(EchoService, { name: "echo", resolver: consul("127.0.0.1:8500", { tls: {} }) }));
await server({ transport: grpcJs() });
await tell(() => configLogger({ logLevel: "info", logFileName: "log/echo.log" }));
await tell(() => readTls({ certFile: "tls/server.pem", keyFile: "tls/server.key" }));
await tell(() => loadConfig());
`;

needs(
  [...READ, { name: "write" }, { name: "run" }],
  "permissions.md has the flags that each part asks for",
  async () => {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, PARTS.replaceAll("KIT/", ROOT.href));
      const args = ["run", "--no-prompt", "--quiet", `--config=${fileURLToPath(ROOT)}deno.json`, file];
      const { stdout, stderr } = await runProgram({ path: Deno.execPath(), args, env: { NO_COLOR: "1" } });
      const asked = stdout.trim().split("\n");
      assertEquals(asked.length, 13, stderr);
      const page = text("permissions.md");
      const missing = asked.flatMap((flags) => flags.split(" ")).filter((flag) =>
        valuesOf(flag).some((value) => !page.includes(value))
      );
      assertEquals(missing, []);
      const rows = [...page.matchAll(/^\|.*?\| +(?:`(--allow[^`]*)`.*|none.*?) *\|$/gm)];
      assert(rows.length > 8);
      const told = new Set(asked.flatMap((flags) => flags.split(" ")).flatMap(single));
      const invented = rows.flatMap(([, flags]) => flags?.split(" ") ?? []).flatMap(single).filter((one) =>
        !told.has(one)
      );
      // The folder of TLS's files, which are asked for one by one, and what is Deno's own.
      assertEquals(invented, ["--allow-read=tls", "--allow-import=HOST"]);
    } finally {
      await Deno.remove(file);
    }
  },
);

/** One flag for each value. */
const single = (flag: string) =>
  flag.includes("=") ? valuesOf(flag).map((value) => `${flag.split("=")[0]}=${value}`) : [flag];

/** What stands behind the `=`; the whole flag if there is none. */
const valuesOf = (flag: string) => flag.slice(flag.indexOf("=") + 1).split(",");
