/**
 * Measures one load on all servers in turn.
 *
 * @module
 */

import type { Load, Sample } from "./loads/load.ts";
import type { Certificate, Peer } from "./peers/peer.ts";
import { type Server, startServer } from "./server.ts";
import { show } from "./stats.ts";
import type { Row } from "./table.ts";

/** The number and length of the rounds. */
export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
  readonly tls: Certificate | undefined;
}

/** How long a server is warmed up before its first round. */
const WARM_UP_S = 1;

/**
 * Measures all peers in each round, so that other work on the machine affects all of them alike.
 *
 * @param miss Receives failures; the other samples still count.
 */
export async function measure(
  load: Load,
  peers: readonly Peer[],
  { rounds, seconds, tls }: Rounds,
  miss: (measurement: string, error: unknown) => void,
): Promise<Row[]> {
  const rows = peers.map((peer) => ({ peer: peer.name, title: peer.title, samples: [] as Sample[] }));
  const servers = new Map<Peer, Server>();
  await using stack = new AsyncDisposableStack();
  const serverOf = async (peer: Peer): Promise<Server> => {
    const running = servers.get(peer);
    if (running && !running.ended()) return running;
    const server = stack.use(await startServer(peer, tls));
    servers.set(peer, server);
    await load.run(server, WARM_UP_S);
    return server;
  };
  for (let round = 1; round <= (load.fresh ? 1 : rounds); round++) {
    for (const [i, peer] of peers.entries()) {
      const measurement = `${load.name}, round ${round}, ${peer.title}`;
      try {
        const sample = load.fresh ? await once(load, peer, seconds) : await load.run(await serverOf(peer), seconds);
        rows[i]!.samples.push(sample);
        console.error(
          `${measurement}: ${load.columns.map(({ key, title }) => `${show(sample[key]!)} ${title}`).join("; ")}`,
        );
      } catch (error) {
        miss(measurement, error);
      }
    }
  }
  return rows;
}

async function once(load: Load, peer: Peer, seconds: number): Promise<Sample> {
  await using server = await startServer(peer);
  return await load.run(server, seconds);
}
