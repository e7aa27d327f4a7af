/** What a Consul on a bad day does instead of answering. */
export type Trouble =
  | "answers 500"
  | "hangs"
  | "sends garbage"
  | "sends no list"
  | "lists none"
  | "sends an index that goes back";

/** A proxy in front of a real Consul that can spoil its answers. */
export interface ConsulProxy extends AsyncDisposable {
  readonly address: string;
  /** How many requests have come so far. */
  readonly requests: number;
  /** What it does from now on; undefined to pass all on. What waits for an answer gets an error. */
  trouble(trouble: Trouble | undefined): void;
}

/** Starts a proxy in front of an agent. */
export function startConsulProxy(agent: string): ConsulProxy {
  let trouble: Trouble | undefined;
  let requests = 0;
  let turn = new AbortController();
  const closing = new AbortController();

  const pass = async (request: Request, signal: AbortSignal): Promise<Response> => {
    const url = new URL(request.url);
    const goesBack = trouble === "sends an index that goes back";
    if (goesBack) url.searchParams.delete("index");
    const { method, headers } = request;
    const body = method === "PUT" ? await request.arrayBuffer() : undefined;
    const real = await fetch(`http://${agent}${url.pathname}${url.search}`, { method, headers, body, signal });
    // Not all headers: fetch has undone the encoding of the body.
    const kept = ["content-type", "x-consul-index"].map((name) => [name, real.headers.get(name) ?? ""]);
    const answer = new Response(await real.text(), { status: real.status, headers: Object.fromEntries(kept) });
    // Never above the true one: a query from there on would wait for all of its time.
    if (goesBack) {
      answer.headers.set("x-consul-index", String(Number(real.headers.get("x-consul-index")) - requests % 2));
    }
    return answer;
  };
  const answer = async (request: Request): Promise<Response> => {
    requests++;
    const signal = AbortSignal.any([turn.signal, closing.signal]);
    const json = { "content-type": "application/json", "x-consul-index": "7" };
    if (trouble === "answers 500") return new Response("rpc error: No cluster leader", { status: 500 });
    if (trouble === "sends garbage") return new Response("[{\u0000", { headers: json });
    if (trouble === "lists none") return Response.json([], { headers: json });
    if (trouble === "sends no list") return Response.json({ a: 1 }, { headers: json });
    if (trouble !== "hangs") return await pass(request, signal);
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response("the test has cut it", { status: 500 }),
    signal: closing.signal,
  }, answer);
  return {
    address: `127.0.0.1:${server.addr.port}`,
    get requests() {
      return requests;
    },
    trouble(next) {
      trouble = next;
      turn.abort();
      turn = new AbortController();
    },
    [Symbol.asyncDispose]: () => (closing.abort(), server.finished),
  };
}
