import { CACHE } from "../cache.ts";
import { load } from "../peers/go.ts";
import { run } from "../process.ts";
import { cpuOf, type Server } from "../server.ts";
import { generate } from "./generate.ts";
import { frame, parseH2load } from "./h2load_text.ts";
import { BUSY, CALL_BYTES, CPU, grpcOnly, type Load, type Sample } from "./load.ts";

/** The number of connections, and of concurrent calls on each. */
const [CONNECTIONS, STREAMS] = [8, 16];

const COLUMNS = [{ key: "rate", title: "calls/s", better: "more" }, CPU("call"), ...BUSY] as const;

/** Creates a load of Echo calls by h2load. It uses less CPU than any gRPC client, so the servers are the bottleneck. */
function h2load(name: string, size: number, payload: string, options: Partial<Load> = {}): Load {
  return {
    name,
    title: `unary calls of ${payload}, ${CONNECTIONS} connections of ${STREAMS} streams (h2load)`,
    columns: COLUMNS,
    needs: "h2load",
    refuses: (peer) => {
      if (name === "unary") return undefined; // also for bare TCP and for two cores
      return grpcOnly(peer) ?? (options.tls ? peer.noTls : undefined);
    },
    run: (server, seconds) => {
      if (!server.peer.raw) return hammer(server, seconds, size);
      const flags = { conns: CONNECTIONS, streams: STREAMS, size: CALL_BYTES, seconds };
      return generate(server, load(server.address, "raw-echo", flags), seconds);
    },
    ...options,
  };
}

async function hammer(server: Server, seconds: number, size: number): Promise<Sample> {
  const body = `${CACHE}/body-${size}`;
  await Deno.writeFile(body, frame(size));
  const shape = ["-c", `${CONNECTIONS}`, "-m", `${STREAMS}`, "-t", "1", "-D", `${seconds}`, "-d", body];
  const windows = ["-w", "20", "-W", "24"]; // 1 MiB and 16 MiB, so that they don't hold up calls of 64 KiB
  const fields = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
  const url = `${server.tls ? "https" : "http"}://${server.address}/echo.EchoService/Echo`;
  const program = server.beside({ command: "h2load", args: [...shape, ...windows, ...fields, url] });
  const [load, cpu, busy] = await cpuOf(server, () => run(program, seconds + 20));
  const { rate, done } = parseH2load(load.stdout);
  return { rate, cpu: cpu / done * 1e6, busy: busy * 100, loadBusy: load.busy * 100 };
}

/** The loads of h2load. */
export const H2LOADS: readonly Load[] = [
  h2load("unary", 12, "12 bytes"),
  h2load("tls", 12, "12 bytes over TLS", { tls: true }),
  h2load("unary-1k", 1024, "1 KiB"),
  h2load("unary-64k", 65536, "64 KiB"),
];
