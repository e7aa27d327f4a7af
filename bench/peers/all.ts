import { dinokit, raw } from "./deno.ts";
import { grpcGo, kitex } from "./go.ts";
import { connectNode, grpcJs, niceGrpc } from "./node.ts";
import type { Peer } from "./peer.ts";
import { tonic } from "./rust.ts";

/** The peer with which the others are compared. */
export const REFERENCE = "dinokit";

/**
 * Returns all peers, in the order of the tables.
 *
 * @param transport Dinokit's transport; undefined for its default.
 */
export const allPeers = (transport: string | undefined): Peer[] => [
  dinokit(transport, 1),
  dinokit(transport, 2),
  tonic,
  grpcGo(1),
  grpcGo(2),
  kitex(1),
  kitex(2),
  grpcJs("deno"),
  grpcJs("node"),
  niceGrpc,
  connectNode,
  raw,
];
