import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";

/** The flags of all servers and clients in JavaScript; `transport` and `workers` are Dinokit's. */
export const { values: flags } = parseArgs({
  options: {
    cert: { type: "string" },
    key: { type: "string" },
    addr: { type: "string" },
    streams: { type: "string", default: "1" },
    seconds: { type: "string", default: "1" },
    size: { type: "string", default: "12" },
    transport: { type: "string" },
    workers: { type: "string" },
  },
});

/** The certificate and its key; undefined for plaintext. */
export const tls = flags.cert && { cert: readFileSync(flags.cert), key: readFileSync(flags.key) };

/** Tells the bench where the server listens. */
export const ready = (port) => console.log(`READY 127.0.0.1:${port}`);

/** Calls over and over; the microseconds that each took. */
async function callFor(seconds, call) {
  const text = "x".repeat(Number(flags.size));
  const times = [];
  const deadline = performance.now() + seconds * 1000;
  await Promise.all(Array.from({ length: Number(flags.streams) }, async () => {
    for (let now = performance.now(); now < deadline;) {
      const reply = await call({ mes: text });
      if (reply.resp !== text) throw new Error(`Echo answered ${JSON.stringify(reply)}`);
      const then = now;
      now = performance.now();
      times.push((now - then) * 1000);
    }
  }));
  return times;
}

/**
 * Calls over and over, so many at a time, and prints what came of it, as `load unary` does. A compiler that compiles while it runs
 * gets a second before.
 *
 * @param {(request: { mes: string }) => Promise<{ resp: string }>} call
 */
export async function measure(call) {
  const warm = await callFor(1, call);
  const before = process.cpuUsage();
  const start = performance.now();
  const times = await callFor(Number(flags.seconds), call);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const quantile = (q) => times[Math.floor(q * (times.length - 1))];
  console.log(JSON.stringify({
    warmUp: warm.length,
    done: times.length,
    seconds,
    p50: quantile(0.5),
    p99: quantile(0.99),
    cpu: (user + system) / 1e6,
  }));
}
