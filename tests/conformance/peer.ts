/**
 * gRPC for Python and for Node, to test against: a client and a server of `dinokit.test.Kinds` each. Their packages
 * come from pip and npm, pinned, into the cache.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { cached } from "../cache.ts";
import type { GrpcGoOutcome } from "../interop/run_client.ts";
import { must, type Peer, type Program, runProgram, startProgram } from "../program.ts";

/** What a client shall do. */
export interface KindsCall {
  kind: "unary" | "client" | "server" | "bidi";
  /** The text of each message. */
  text?: string;
  /** How many are sent, or asked for. */
  messages?: number;
  /** Bytes of data in each message. */
  size?: number;
  /** Fields to send; base64 where the key ends in `-bin`. */
  metadata?: Readonly<Record<string, string>>;
  /** In milliseconds; 0 for none. */
  timeout?: number;
  /** Cancels after this many replies; 0: when the call certainly hangs. */
  cancelAfter?: number;
  gzip?: boolean;
}

/** What a client shall do whose keepalive pings the server: two messages, with a pause in between. */
export interface Pinging {
  /** After how many milliseconds without a frame it pings, whether or not calls are in flight. */
  keepalive: number;
  /** Between the two messages, in milliseconds. */
  pause: number;
  /** Whether both go over one stream; without it, nothing is in flight in the pause. */
  stream: boolean;
}

/** gRPC in another language. */
export interface ForeignPeer {
  readonly name: string;
  /** Installs its packages, unless the cache has them. Answers their folder. */
  prepare(): Promise<string>;
  /** Starts its server. */
  serve(options?: { gzip: boolean }): Promise<Peer>;
  /** Makes a call with its client. */
  call(address: string, what: KindsCall): Promise<GrpcGoOutcome>;
  /** The client that pings. */
  pinger(address: string, what: Pinging): Promise<Program>;
}

const PROTOS = fileURLToPath(new URL("../proto", import.meta.url));
const NODE_PACKAGES = ["@grpc/grpc-js@1.14.7", "@grpc/proto-loader@0.8.1"];
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A Python with grpcio and the stubs of kinds.proto. */
async function python(): Promise<string> {
  const requirements = file("python/requirements.txt");
  const proto = `${PROTOS}/kinds.proto`;
  const input = await Deno.readTextFile(requirements) + await Deno.readTextFile(proto);
  const folder = await cached("python", input, async (draft) => {
    console.error("installing grpcio with pip, once");
    const remedy =
      "These tests need Python 3.9 or newer with venv and pip (Debian: python3-venv), and a package index.";
    await must({ path: "python3", args: ["-m", "venv", draft] }, remedy);
    const own = `${draft}/bin/python`;
    await must({ path: own, args: ["-m", "pip", "install", "--quiet", "--no-input", "-r", requirements] }, remedy);
    const out = [`--python_out=${draft}`, `--grpc_python_out=${draft}`];
    await must({ path: own, args: ["-m", "grpc_tools.protoc", `-I${PROTOS}`, ...out, proto] }, remedy);
  });
  return folder;
}

/** A folder with grpc-js for Node. */
function nodePackages(): Promise<string> {
  return cached("node", NODE_PACKAGES.join("\n"), async (draft) => {
    console.error("installing grpc-js with npm, once");
    const remedy = "These tests need Node 20 or newer with npm on PATH, and a package registry.";
    const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"];
    await must({ path: "npm", args: ["install", ...quiet, "--prefix", draft, ...NODE_PACKAGES] }, remedy);
  });
}

async function run(name: string, program: Program): Promise<GrpcGoOutcome> {
  const { code, stdout, stderr } = await runProgram(program);
  if (code !== 0) throw new Error(`the client of ${name} failed:\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}

function peer(
  name: string,
  prepare: () => Promise<string>,
  program: (folder: string, side: "client" | "server" | "pinger", arg: string) => Program,
): ForeignPeer {
  return {
    name,
    prepare,
    async serve({ gzip } = { gzip: false }) {
      return await startProgram(program(await prepare(), "server", gzip ? "gzip" : "identity"), "READY 127.0.0.1:");
    },
    async call(address, what) {
      const defaults = { text: "hello", messages: 1, size: 0, metadata: {}, timeout: 0, cancelAfter: -1, gzip: false };
      return await run(name, program(await prepare(), "client", JSON.stringify({ address, ...defaults, ...what })));
    },
    async pinger(address, what) {
      return program(await prepare(), "pinger", JSON.stringify({ address, ...what }));
    },
  };
}

/** All of them. */
export const FOREIGN_PEERS: readonly ForeignPeer[] = [
  peer("Python grpcio", python, (folder, side, arg) => ({
    path: `${folder}/bin/python`,
    args: [file(`python/${side}.py`), arg],
    env: { PYTHONPATH: folder },
  })),
  peer("grpc-js on Node", nodePackages, (folder, side, arg) => ({
    path: "node",
    args: [file(`node/${side}.mjs`), folder, PROTOS, arg],
  })),
];
