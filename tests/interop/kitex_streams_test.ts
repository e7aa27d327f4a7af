import { assertEquals } from "@std/assert";
import { EchoService } from "../../bench/bench.ts";
import { createClient, createServer, type Logger } from "../../mod.ts";
import { buildGo, type GoModule } from "../go_programs.ts";
import { needs } from "../needs.ts";
import { startProgram } from "../program.ts";
import { PEER_PERMISSIONS } from "./peers.ts";

// The bench has a service with streams, and Kitex code for it.
const PROGRAMS: GoModule = {
  folder: new URL("../../bench/go/", import.meta.url),
  packages: ["./kitex_server", "./kitex_streams"],
};

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

async function* from<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

needs(
  PEER_PERMISSIONS,
  "the kit's client streams with a Kitex server: server streaming and bidirectional",
  async () => {
    const path = `${await buildGo(PROGRAMS)}/kitex_server`;
    await using server = await startProgram({ path, args: [] }, "READY 127.0.0.1:");
    await using calls = createClient(EchoService, { address: server.address, logger: quiet });
    let bytes = 0;
    for await (const { data } of calls.download({ count: 1000, size: 100 })) bytes += data.length;
    assertEquals(bytes, 100_000);
    const replies: string[] = [];
    for await (const { resp } of calls.chat(from({ mes: "a" }, { mes: "b" }))) replies.push(resp);
    assertEquals(replies, ["a", "b"]);
  },
);

needs(
  PEER_PERMISSIONS,
  "a Kitex client streams with the kit's server: server streaming and bidirectional",
  async () => {
    await using server = createServer({ name: "echoservice", address: "127.0.0.1:0", logger: quiet });
    server.add(EchoService, {
      echo: ({ mes }) => ({ resp: mes }),
      async *download({ count, size }) {
        for (let i = 0; i < count; i++) yield { data: new Uint8Array(size) };
      },
      async *chat(requests) {
        for await (const { mes } of requests) yield { resp: mes };
      },
    });
    await server.start();
    const { success, stdout, stderr } = await new Deno.Command(`${await buildGo(PROGRAMS)}/kitex_streams`, {
      args: ["-addr", server.address],
      stdin: "null",
      signal: AbortSignal.timeout(20_000),
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), { chunks: 1000, bytes: 100_000, chat: ["a", "b", "c"] });
  },
);
