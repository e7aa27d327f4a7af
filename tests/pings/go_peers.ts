import type { Pinging } from "../conformance/peer.ts";
import { buildPeers, startPeer } from "../interop/peers.ts";
import { type Peer, type Program, startProgram } from "../program.ts";

/** A kit whose server gets slow calls of ours, and whose client pings our server. */
export interface PingPeer {
  readonly name: string;
  serve(): Promise<Peer>;
  pinger?(address: string, what: Pinging): Promise<Program>;
}

const pinger = (kit: string) => async (address: string, { keepalive, pause, stream }: Pinging): Promise<Program> => ({
  path: `${await buildPeers()}/pinger`,
  args: ["-kit", kit, "-addr", address, "-keepalive", `${keepalive}ms`, "-pause", `${pause}ms`, `-stream=${stream}`],
});

/** Dinokit itself, and the kits in Go. */
export const GO_PEERS: readonly PingPeer[] = [
  {
    name: "Dinokit",
    serve: () =>
      startProgram(
        { path: Deno.execPath(), args: ["run", "-A", `${import.meta.dirname}/server.ts`] },
        "READY 127.0.0.1:",
      ),
  },
  { name: "grpc-go", serve: () => startPeer("grpcgo_server"), pinger: pinger("grpc-go") },
  { name: "Kitex", serve: () => startPeer("kitex_kinds_server"), pinger: pinger("kitex") },
];
