import { SOURCE } from "../cache.ts";
import { flagsOf } from "./node.ts";
import type { Peer } from "./peer.ts";

const deno = (file: string, flags: readonly string[]) => ({
  command: Deno.execPath(),
  args: ["run", "-A", `--config=${SOURCE}../deno.json`, `${SOURCE}deno/${file}`, ...flags],
});

/** Dinokit, the reference. It needs no installation. */
export function dinokit(transport: string | undefined, workers: 1 | 2): Peer {
  const own = transport ? [`--transport=${transport}`] : [];
  return {
    name: workers === 1 ? "dinokit" : "dinokit-2",
    title: `dinokit${transport ? ` (${transport})` : ""}${workers === 1 ? "" : ", 2 workers"}`,
    cores: workers,
    prepare: () => Promise.resolve(),
    server: (tls) => deno("server.ts", [...own, ...(workers === 1 ? [] : ["--workers=2"]), ...flagsOf({ ...tls })]),
    client: (addr, streams, seconds) => deno("client.ts", [...own, ...flagsOf({ addr, streams, seconds })]),
  };
}

/** Deno's sockets without gRPC: the physical limit. */
export const raw: Peer = {
  name: "raw",
  title: "bare TCP on Deno, no gRPC",
  cores: 1,
  raw: true,
  prepare: () => Promise.resolve(),
  server: () => deno("raw.ts", []),
};
