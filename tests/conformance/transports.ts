import type { SocketTransport } from "../transport_of.ts";
import { needs } from "../needs.ts";
import { PEER_PERMISSIONS } from "../interop/peers.ts";

/** All that must stand the tests of this folder. */
export const TRANSPORTS: readonly SocketTransport[] = ["http2", "grpc-js"];

/** Those of which every case of h2spec is asked. grpc-js builds on node:http2, whose failures are not ours. */
export const STRICT: readonly SocketTransport[] = TRANSPORTS.filter((name) => name !== "grpc-js");

const NO_FLAG = "grpc-js does not tell whether a message came compressed";
const NO_SERVER = "grpc-js never compresses a server's messages";
const NO_CHOICE = "grpc-js compresses all messages of a client or none";

/** What a transport can't do, by `"side: case"`, and why. */
const CANNOT: Readonly<Record<SocketTransport, Readonly<Record<string, string>>>> = {
  "http2": {},
  "grpc-js": {
    "server: client_compressed_unary": NO_FLAG,
    "server: client_compressed_streaming": NO_FLAG,
    "server: server_compressed_unary": NO_SERVER,
    "server: server_compressed_streaming": NO_SERVER,
    "client: client_compressed_unary": NO_CHOICE,
    "client: client_compressed_streaming": NO_CHOICE,
    "both sides: client_compressed_unary": NO_FLAG,
    "both sides: client_compressed_streaming": NO_FLAG,
    "both sides: server_compressed_unary": NO_SERVER,
    "both sides: server_compressed_streaming": NO_SERVER,
  },
};

/**
 * Registers a test for every transport. Where {@linkcode CANNOT} says why it can't pass, it is shown as ignored with
 * the reason.
 *
 * @param name What it shows. A case of {@linkcode CANNOT} is named by its beginning.
 * @param fn Its body.
 */
export function onEachTransport(name: string, fn: (transport: SocketTransport) => Promise<void>): void {
  for (const transport of TRANSPORTS) {
    const reason = Object.entries(CANNOT[transport]).find(([key]) => name === key || name.startsWith(`${key} `))?.[1];
    if (reason) Deno.test({ name: `${transport}, ${name} (ignored: ${reason})`, ignore: true, fn() {} });
    else needs(PEER_PERMISSIONS, `${transport}, ${name}`, () => fn(transport));
  }
}
