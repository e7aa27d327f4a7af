import { build, CACHE, SOURCE } from "../cache.ts";
import type { Program } from "../process.ts";
import type { Peer } from "./peer.ts";

const FOLDER = `${CACHE}/go`;
const MODULES = Deno.readTextFileSync(`${SOURCE}go/go.mod`);
const version = (module: string) => MODULES.split(`${module} v`)[1]?.split("\n")[0];

let built: Promise<void> | undefined;

/** Builds the servers and the load generator. Go skips unchanged packages. */
export function buildGo(): Promise<void> {
  const args = ["build", "-buildvcs=false", "-o", `${FOLDER}/`, "./..."];
  return built ??= build({ command: "go", args, cwd: `${SOURCE}go` }, "Go 1.26 or newer");
}

/** Returns the load generator, which is the same for all servers. */
export function load(address: string, mode: string, flags: Record<string, string | number | boolean> = {}): Program {
  const list = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
  return { command: `${FOLDER}/load`, args: ["-addr", address, ...list, mode] };
}

const named = (name: string, cores: 1 | 2) => cores === 1 ? name : `${name}-2`;
const titled = (title: string, cores: 1 | 2) => cores === 1 ? `${title}, one core` : `${title}, two cores`;

/** grpc-go. */
export const grpcGo = (cores: 1 | 2): Peer => ({
  name: named("grpc-go", cores),
  title: titled(`grpc-go ${version("google.golang.org/grpc")}`, cores),
  cores,
  prepare: buildGo,
  server: (tls) => ({
    command: `${FOLDER}/grpcgo_server`,
    args: tls ? ["-cert", tls.cert, "-key", tls.key] : [],
    env: { GOMAXPROCS: `${cores}` },
  }),
  client: (address, streams, seconds) => load(address, "unary", { streams, seconds }),
});

/** Kitex. */
export const kitex = (cores: 1 | 2): Peer => ({
  name: named("kitex", cores),
  title: titled(`Kitex ${version("github.com/cloudwego/kitex")}`, cores),
  cores,
  noTls: "Kitex's server has no TLS for gRPC",
  prepare: buildGo,
  server: () => ({ command: `${FOLDER}/kitex_server`, args: [], env: { GOMAXPROCS: `${cores}` } }),
});
