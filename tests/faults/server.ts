/**
 * One instance of `dinokit.test.Pool`. It says its address on stdout, takes its behaviour from each line on stdin,
 * drains at SIGTERM and stops at once when stdin ends.
 *
 * @module
 */

import {
  consul,
  type ConsulOptions,
  createServer,
  type Handlers,
  Metadata,
  RpcError,
  type ServerOptions,
  Status,
} from "../../mod.ts";
import { linesOf } from "../child.ts";
import { Pool } from "../proto/pool.ts";

/** How an instance answers. */
export interface Behaviour {
  /**
   * After how many milliseconds.
   * @default {0}
   */
  delay?: number;
  /**
   * With which failure.
   * @default {none}
   */
  status?: keyof typeof Status;
}

/** What an instance is started with. */
export interface InstanceSetup extends Behaviour {
  /**
   * The agent with which it registers.
   * @default {none}
   */
  consul?: string;
  /** How it does. */
  consulOptions?: ConsulOptions;
  /** All else. */
  options?: Partial<ServerOptions>;
}

const { consul: agent, consulOptions, options, ...first } = JSON.parse(Deno.args[0]!) as InstanceSetup;
let behaviour: Behaviour = first;

const server = createServer({
  name: "pool",
  address: "127.0.0.1:0",
  ...(agent && { registry: consul(agent, consulOptions), health: { address: "127.0.0.1:0" } }),
  ...options,
});

async function answer() {
  const { delay, status } = behaviour;
  const instance = server.address;
  if (delay) await new Promise((done) => setTimeout(done, delay));
  if (status) {
    throw new RpcError(Status[status], "as the test wants it", { metadata: new Metadata({ "x-instance": instance }) });
  }
  return { instance };
}

const handlers: Handlers<typeof Pool> = {
  read: answer,
  write: answer,
  async *follow(_, ctx) {
    while (!ctx.signal.aborted) {
      yield await answer();
      await new Promise((done) => setTimeout(done, 50));
    }
  },
};

server.add(Pool, handlers);
const stopped = server.run();
await server.start();
console.log(server.address);
(async () => {
  for await (const line of linesOf(Deno.stdin.readable)) behaviour = JSON.parse(line);
  Deno.exit(); // nobody is interested any more
})();
await stopped;
Deno.exit();
