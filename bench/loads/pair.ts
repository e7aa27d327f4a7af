import { generate } from "./generate.ts";
import { BUSY, CPU, type Load } from "./load.ts";

/** The number of concurrent calls on the connection, which all servers allow. */
const STREAMS = 100;

/** Measures a peer's own client with its own server. */
export const pair: Load = {
  name: "pair",
  title:
    `client and server of the same kind, in two processes: unary calls of 12 bytes, ${STREAMS} at a time on one connection`,
  columns: [
    { key: "rate", title: "calls/s", better: "more" },
    { key: "own", title: "client CPU, us/call", better: "less" },
    CPU("call"),
    { key: "p50", title: "p50, us" },
    ...BUSY,
  ],
  refuses: (peer) => peer.client && peer.cores === 1 ? undefined : "",
  run: (server, seconds) => generate(server, server.peer.client!(server.address, STREAMS, seconds), seconds),
};
