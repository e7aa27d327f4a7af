/**
 * Several instances of a service and clients that load them, each a process of its own, found through a real Consul.
 *
 * ```ts ignore
 * await using pool = await startPool(3);
 * await using load = pool.load({ rate: 200 });
 * await pause(1000);
 * await pool.instances[0]!.kill();
 * const { calls } = await load.end();
 * ```
 *
 * @module
 */

import { type Child, startChild } from "../child.ts";
import { type ConsulAgent, startConsul } from "../consul.ts";
import { until } from "../observe.ts";
import type { Call, LoadSetup, Report } from "./load.ts";
import type { Behaviour, InstanceSetup } from "./server.ts";

/** An instance's process. */
export interface Instance extends AsyncDisposable {
  readonly address: string;
  readonly child: Child;
  /** Changes how it answers from now on. */
  behave(behaviour: Behaviour): Promise<void>;
  /** Sends its process a signal. */
  signal(signal: "SIGTERM" | "SIGSTOP" | "SIGCONT"): void;
  /** SIGKILL. Returns when the process has ended. */
  kill(): Promise<void>;
}

/** A client's process under way. */
export interface Load extends AsyncDisposable {
  readonly child: Child;
  /** The calls that have ended since the last report. */
  report(): Promise<Report>;
  /** Begins no more calls, waits for those in flight, and returns all that no report has told. */
  end(): Promise<Report>;
}

/** Instances of the service `pool` and the agent that lists them. */
export class TestPool implements AsyncDisposable {
  readonly agent: ConsulAgent;
  readonly instances: Instance[] = [];
  readonly #setup: InstanceSetup;

  constructor(agent: ConsulAgent, setup: InstanceSetup) {
    this.agent = agent;
    this.#setup = setup;
  }

  /** Starts one more instance, and returns when it listens. */
  async add(more: InstanceSetup = {}): Promise<Instance> {
    const options = { ...this.#setup.options, ...more.options };
    const setup: InstanceSetup = { consul: this.agent.address, ...this.#setup, ...more, options };
    const instance = await startInstance(setup);
    this.instances.push(instance);
    return instance;
  }

  /** Waits until Consul lists exactly `count` instances as passing. */
  async listed(count: number, within = 15_000): Promise<void> {
    await until(async () => (await this.passing()).length === count, `Consul lists ${count} instances`, within);
  }

  /** The addresses that Consul lists as passing. */
  async passing(): Promise<string[]> {
    const entries: { Service: { Address: string; Port: number } }[] = await this.agent.get(
      "/v1/health/service/pool?passing=1",
    );
    return entries.map(({ Service }) => `${Service.Address}:${Service.Port}`);
  }

  /** Starts a client that finds the instances through Consul, and returns when the first calls have succeeded. */
  async load(setup: LoadSetup): Promise<Load> {
    return await startLoad({ consul: this.agent.address, ...setup });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.kill()));
    await this.agent[Symbol.asyncDispose]();
  }
}

/** Starts an instance, and returns when it listens. */
export async function startInstance(setup: InstanceSetup): Promise<Instance> {
  const child = startChild(new URL("server.ts", import.meta.url), setup);
  return {
    address: await child.line(),
    child,
    behave: (behaviour) => child.tell(JSON.stringify(behaviour)),
    signal: (signal) => Deno.kill(child.pid, signal),
    kill: () => child.kill(),
    [Symbol.asyncDispose]: () => child.kill(),
  };
}

/**
 * Starts an agent and instances, and returns when it lists all of them.
 *
 * @param count How many.
 * @param setup How each is.
 */
export async function startPool(count: number, setup: InstanceSetup = {}): Promise<TestPool> {
  const pool = new TestPool(await startConsul(), { consulOptions: { checkInterval: 1000 }, ...setup });
  try {
    await Promise.all(Array.from({ length: count }, () => pool.add()));
    await pool.listed(count);
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a client, and returns when its first calls have succeeded. */
export async function startLoad(setup: LoadSetup): Promise<Load> {
  const child = startChild(new URL("load.ts", import.meta.url), setup);
  const report = async (): Promise<Report> => {
    await child.tell("?");
    return JSON.parse(await child.line());
  };
  const load: Load = {
    child,
    report,
    async end() {
      await child.closeInput();
      const last = JSON.parse(await child.line());
      await child.end();
      return last;
    },
    [Symbol.asyncDispose]: () => child.kill(),
  };
  let last: Call | undefined;
  try {
    await until(async () => {
      last = (await report()).calls.at(-1) ?? last;
      return last?.status === "OK";
    }, "a call succeeds");
    return load;
  } catch (error) {
    await load[Symbol.asyncDispose]();
    throw new Error(`${error}: the last was ${JSON.stringify(last)}; ${child.log}`);
  }
}
