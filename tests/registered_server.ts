/**
 * A program for tests: an echo server that registers in the Consul of its argument, prints its address, and ends with
 * its stdin.
 */
import { consul, createServer } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";

const { agent } = JSON.parse(Deno.args[0]!);
const server = createServer({
  name: "echoservice",
  address: "127.0.0.1:0",
  health: { address: "127.0.0.1:0" },
  registry: consul(agent, { checkInterval: 1000, checkTimeout: 1000 }),
  drainDelay: 0,
});
server.add(EchoService, { echo: ({ mes }) => ({ resp: mes }) });
await server.start();
console.log(server.address);
await new Response(Deno.stdin.readable).text();
await server.stop();
