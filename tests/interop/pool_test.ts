import { assert, assertEquals } from "@std/assert";
import { consul, createClient, createServer, type Logger, type Server } from "../../mod.ts";
import { EchoService } from "../../proto/echo.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "../consul.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";
import { runClient } from "./run_client.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const CALLS = 2000;

async function startDinokit(agent: ConsulAgent, weight: number): Promise<Server> {
  const server = createServer({
    name: "echoservice",
    address: "127.0.0.1:0",
    health: { address: "127.0.0.1:0" },
    registry: consul(agent.address),
    drainDelay: 0,
    logger: quiet,
    weight,
  });
  server.add(EchoService, { echo: () => ({ resp: server.address }) });
  await server.start();
  return server;
}

/** Asserts that one address has `percent` percent of the answers, and the other the rest. */
function assertShare(answers: string[], address: string, other: string, percent: number): void {
  assertEquals(new Set(answers), new Set([address, other]));
  const share = answers.filter((answer) => answer === address).length / answers.length * 100;
  assert(Math.abs(share - percent) < 3, `${address} has ${share} % of ${answers.length} calls, not ${percent} %`);
}

const POOLS = [{ dinokit: 10, kitex: 30, percent: 25 }, { dinokit: 30, kitex: 10, percent: 75 }];

for (const { dinokit, kitex, percent } of POOLS) {
  needs(
    [...PEER_PERMISSIONS, ...CONSUL_PERMISSIONS],
    `Dinokit's and Kitex's clients give a Dinokit server of weight ${dinokit} beside a Kitex server of weight ${kitex} its ${percent} % of the calls`,
    async () => {
      await using agent = await startConsul();
      await using ours = await startDinokit(agent, dinokit);
      await using theirs = await startPeer("kitex_server", ["-consul", agent.address, "-weight", String(kitex)]);
      const passing = () => agent.get("/v1/health/service/echoservice?passing=1");
      await until(async () => (await passing()).length === 2, "both pass in Consul", 20_000);
      {
        await using echo = createClient(EchoService, {
          name: "echoservice",
          resolver: consul(agent.address),
          logger: quiet,
        });
        const ask = async () => (await echo.echo({ mes: "who" })).resp;
        const answered = new Set<string>();
        await until(async () => answered.add(await ask()).size === 2, "it is connected to both");
        const answers: string[] = [];
        for (let i = 0; i < CALLS; i += 20) answers.push(...await Promise.all(Array.from({ length: 20 }, ask)));
        assertShare(answers, ours.address, theirs.address, percent);
      }
      const flags = ["-consul", agent.address, "-message", "who", "-count", String(CALLS)];
      const outcomes = await runClient("kitex_client", ...flags);
      assertEquals(outcomes.filter(({ error }) => error !== null), []);
      assertShare(outcomes.map(({ resp }) => resp), ours.address, theirs.address, percent);
    },
  );
}
