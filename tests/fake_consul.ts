/**
 * What is not quite a Consul, to see what a client does with it.
 *
 * @module
 */

import { consul, type ConsulOptions } from "../registry/consul/consul.ts";
import { recordingLogger } from "./observe.ts";

/** An entry of a list as Consul writes it. */
export const entry = (port: number, address = "127.0.0.1") => ({ Service: { Address: address, Port: port } });

/** A list as Consul answers it, at an index. */
export const list = (index: number | string, ...entries: unknown[]) =>
  Response.json(entries, { headers: { "x-consul-index": String(index) } });

/** No answer at all. */
export const hang = () => new Promise<Response>(() => {});

/** Something that is not quite a Consul: it answers as the test says, and keeps what it was asked. */
export function fakeConsul(answer: (request: Request, n: number) => Response | Promise<Response>) {
  const requests: { url: string; headers: Headers }[] = [];
  // Not shutdown(): that waits for answers, and some tests give none.
  const closing = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: closing.signal };
  const server = Deno.serve(options, (request) => {
    requests.push({ url: request.url, headers: new Headers(request.headers) });
    return answer(request, requests.length);
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    requests,
    /** The `index` of each query, null where it has none. */
    indexes: () => requests.map(({ url }) => new URL(url).searchParams.get("index")),
    [Symbol.asyncDispose]: () => (closing.abort(), server.finished),
  };
}

/** An answer that arrives byte by byte, and is cut off after `bytes` bytes. */
export function dripping(bytes = Infinity): Response {
  let timer: ReturnType<typeof setTimeout>;
  const body = new ReadableStream({
    pull(controller) {
      if (bytes-- <= 0) return controller.close();
      return new Promise((done) => timer = setTimeout(() => done(controller.enqueue(new Uint8Array([91]))), 20));
    },
    cancel: () => clearTimeout(timer),
  });
  return new Response(body, {
    headers: { "content-type": "application/json", "x-consul-index": "7", "content-length": "1000000" },
  });
}

/** Watches `echoservice`, and records what the listener receives: the addresses, or the error. */
export function watching(address: string, options: ConsulOptions = {}) {
  const logger = recordingLogger();
  const told: string[] = [];
  const watch = consul(address, options).watch("echoservice", (one) => {
    told.push("error" in one ? one.error.message : one.instances.map(({ address }) => address).join());
  }, logger);
  return { told, logger, watch, [Symbol.dispose]: () => watch.close() };
}

/** Counts tries: the most that the least pause of 100 ms allows since now, on a machine that may be slow. */
export function allowed(): () => number {
  const start = performance.now();
  return () => 1 + Math.ceil((performance.now() - start) / 100);
}
