/**
 * Other people's gRPC, to test against: programs on Kitex and grpc-go, built by Go from `go/`.
 *
 * ```ts ignore
 * needs(PEER_PERMISSIONS, "createClient() calls a Kitex server", async () => {
 *   await using server = await startPeer("kitex_server");
 *   await using echo = createClient(EchoService, { address: server.address });
 * });
 * ```
 *
 * @module
 */

import { buildGo, type GoModule } from "../go_programs.ts";
import { type Peer, startProgram } from "../program.ts";

/** What a test with a peer needs. */
export const PEER_PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "env" },
  { name: "read" },
  { name: "write" },
];

const PEERS: GoModule = { folder: new URL("go/", import.meta.url), packages: ["./..."] };

/**
 * Builds the peers, unless the cache has them built from the same source.
 *
 * @returns The folder of the programs.
 * @throws {Error} If there is no Go, or it can't build them.
 */
export const buildPeers = (): Promise<string> => buildGo(PEERS);

/**
 * Starts a server. It ends with the scope of `await using`.
 *
 * @param name The program: `"kitex_server"` or `"grpcgo_server"`.
 * @param args Its flags. It listens on a free port without `-addr`.
 * @throws {Error} If it does not say READY within 10 seconds; the message holds what it logged.
 */
export async function startPeer(name: string, args: readonly string[] = []): Promise<Peer> {
  return await startProgram({ path: `${await buildPeers()}/${name}`, args }, "READY 127.0.0.1:");
}
