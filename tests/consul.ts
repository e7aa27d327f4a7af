/**
 * A real Consul agent for tests, on free ports of 127.0.0.1.
 *
 * ```ts ignore
 * needs(CONSUL_PERMISSIONS, "createClient() finds a server through Consul", async () => {
 *   await using agent = await startConsul();
 *   const registry = consul(agent.address);
 * });
 * ```
 *
 * @module
 */

import { findConsul } from "../_tools/find_consul.ts";
import { until } from "./observe.ts";

/** What a test that starts an agent needs. */
export const CONSUL_PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "env" },
  { name: "read" },
  { name: "write" },
];

/** What can be told to {@linkcode startConsul}. */
export interface ConsulAgentOptions {
  /**
   * Consul's own configuration, such as `{ acl: { enabled: true, default_policy: "deny" } }`.
   * @default {none}
   */
  config?: Record<string, unknown>;
  /**
   * False gives an address that refuses connections until {@linkcode ConsulAgent.start}.
   * @default {true}
   */
  running?: boolean;
}

/** A development agent: it is its own server, and keeps its state in memory only. */
export interface ConsulAgent extends AsyncDisposable {
  /** Its HTTP API: `"127.0.0.1:PORT"`. The same after a restart. */
  readonly address: string;
  /** Starts it (again), and resolves when it has a leader. */
  start(): Promise<void>;
  /** Kills it at once (SIGKILL): its state is lost, no service is deregistered. */
  kill(): Promise<void>;
  /** Makes it hang (SIGSTOP): it takes connections and answers nothing. */
  pause(): void;
  /** Lets it go on (SIGCONT). */
  resume(): void;
  /** Asks its HTTP API, such as `get("/v1/agent/services")`. The answer's JSON. */
  // deno-lint-ignore no-explicit-any -- the test knows what it asks for
  get(path: string, token?: string): Promise<any>;
}

/**
 * Starts an agent. It ends with the scope of `await using`.
 *
 * @param options How it differs from a plain one.
 * @throws {Error} If there is no Consul, or it does not start within 30 seconds; the message holds what it logged.
 */
export async function startConsul(options: ConsulAgentOptions = {}): Promise<ConsulAgent> {
  for (let tries = 3;; tries--) {
    try {
      return await startOn(freePorts(4), options);
    } catch (error) {
      // Another process can take a port between the choice and the start.
      if (tries === 1 || !String(error).includes("address already in use")) throw error;
    }
  }
}

async function startOn(ports: number[], options: ConsulAgentOptions): Promise<ConsulAgent> {
  const [http, lan, wan, server] = ports;
  const args = [
    "agent",
    "-dev",
    "-bind=127.0.0.1",
    "-client=127.0.0.1",
    "-log-level=err",
    "-dns-port=-1",
    "-grpc-port=-1",
  ];
  args.push(`-http-port=${http}`, `-serf-lan-port=${lan}`, `-serf-wan-port=${wan}`, `-server-port=${server}`);
  args.push(`-hcl=${JSON.stringify(options.config ?? {})}`);
  const address = `127.0.0.1:${http}`;
  const binary = await findConsul();
  let child: Deno.ChildProcess | undefined;

  const agent: ConsulAgent = {
    address,
    async start() {
      child = new Deno.Command(binary, { args, stdout: "piped", stderr: "piped" }).spawn();
      const log = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
      if (await hasLeader(address, child)) return;
      await agent.kill();
      throw new Error(`startConsul: ${binary} ${args.join(" ")} got no leader: ${(await log).join("")}`);
    },
    async kill() {
      const dying = child;
      child = undefined;
      if (!dying) return;
      try {
        dying.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended by itself
      }
      await dying.status;
    },
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
    async get(path, token) {
      const response = await fetch(`http://${address}${path}`, {
        headers: token ? { "x-consul-token": token } : {},
        signal: AbortSignal.timeout(5000),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return await response.json();
    },
    [Symbol.asyncDispose]: () => agent.kill(),
  };
  if (options.running ?? true) await agent.start();
  return agent;
}

/** Makes the first token of a Consul whose ACLs are on. */
export function bootstrap(agent: ConsulAgent): Promise<string> {
  return until(async () => {
    const response = await fetch(`http://${agent.address}/v1/acl/bootstrap`, { method: "PUT" });
    const text = await response.text();
    return response.ok && JSON.parse(text).SecretID as string; // 500 while the ACLs are being set up
  }, "the ACLs can be set up");
}

/** Ports that were free a moment ago. All are held while they are chosen, so that no two are the same. */
function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

/** Whether the agent has got a leader within 30 seconds, and before its process ended. */
async function hasLeader(address: string, child: Deno.ChildProcess): Promise<boolean> {
  let ended = false;
  child.status.then(() => ended = true);
  const deadline = Date.now() + 30_000;
  while (!ended && Date.now() < deadline) {
    try {
      const response = await fetch(`http://${address}/v1/status/leader`, { signal: AbortSignal.timeout(2000) });
      if (await response.text() !== '""' && response.ok) return true;
    } catch {
      // not listening yet
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}
