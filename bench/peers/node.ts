import { build, CACHE, copyFile, copySources, SOURCE } from "../cache.ts";
import { has, type Program } from "../process.ts";
import type { Peer } from "./peer.ts";

const FOLDER = `${CACHE}/node`;
const PINS: Record<string, string> = JSON.parse(Deno.readTextFileSync(`${SOURCE}node/package.json`)).dependencies;

let installed: Promise<void> | undefined;

/** Installs the packages, unless the same versions are installed. */
function install(): Promise<void> {
  return installed ??= (async () => {
    const current = await Deno.stat(`${FOLDER}/installed`).then(() => true, () => false);
    await Deno.mkdir(FOLDER, { recursive: true });
    const changed = await copyFile(`${SOURCE}node/package.json`, `${FOLDER}/package.json`);
    await copySources(`${SOURCE}node`, FOLDER);
    await copyFile(`${SOURCE}bench.proto`, `${FOLDER}/bench.proto`);
    if (current && !changed) return;
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    await build({ command: "npm", args, cwd: FOLDER }, "Node 20 or newer");
    await Deno.writeTextFile(`${FOLDER}/installed`, "");
  })();
}

async function installForNode(): Promise<void> {
  if (!await has("node")) throw new Error("there is no node on PATH: install Node 20 or newer");
  await install();
}

/** Converts values to flags of the programs in node/ and deno/. */
export function flagsOf(values: Record<string, string | number>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

const program = (runtime: "node" | "deno", file: string, values: Record<string, string | number>): Program => ({
  command: runtime === "node" ? "node" : Deno.execPath(),
  args: [...(runtime === "node" ? [] : ["run", "-A", "--node-modules-dir=manual"]), file, ...flagsOf(values)],
  cwd: FOLDER,
});

/** grpc-js, on Node or Deno. */
export const grpcJs = (runtime: "node" | "deno"): Peer => ({
  name: `grpc-js-${runtime}`,
  title: `grpc-js ${PINS["@grpc/grpc-js"]} on ${runtime === "node" ? "Node" : "Deno"}`,
  cores: 1,
  prepare: runtime === "node" ? installForNode : install,
  server: (tls) => program(runtime, "grpc_js_server.mjs", { ...tls }),
  client: (addr, streams, seconds) => program(runtime, "grpc_js_client.mjs", { addr, streams, seconds }),
});

/** nice-grpc, which is built on grpc-js. */
export const niceGrpc: Peer = {
  name: "nice-grpc",
  title: `nice-grpc ${PINS["nice-grpc"]} on Node`,
  cores: 1,
  prepare: installForNode,
  server: (tls) => program("node", "nice_grpc_server.mjs", { ...tls }),
};

/** connect-node, which supports gRPC too. */
export const connectNode: Peer = {
  name: "connect-node",
  title: `connect-node ${PINS["@connectrpc/connect-node"]} on Node`,
  cores: 1,
  prepare: installForNode,
  server: (tls) => program("node", "connect_server.mjs", { ...tls }),
};
