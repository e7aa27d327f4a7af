// A server with workers and a log file, both from conf.yaml in the folder of the first argument; it calls itself.
import { configure, Status } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";

await using app = await configure({ dir: Deno.args[0]!, env: "test" });
const next = app.createClient(EchoService);
const server = app.createServer();
server.add(EchoService, {
  echo: async ({ mes }) => mes === "" ? { resp: `code ${Status.OK}` } : { resp: (await next.echo({ mes: "" })).resp },
});
const ended = server.run();
await server.start();
// In a worker, the main thread listens.
if (!("DedicatedWorkerGlobalScope" in globalThis)) console.log(`READY ${server.address}`);
await ended;
