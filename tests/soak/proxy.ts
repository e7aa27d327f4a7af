/** A proxy that can forget connections: it holds them open and passes nothing on any more, as a cable that was pulled. */
export interface Proxy extends AsyncDisposable {
  /** Where it listens. */
  readonly address: string;
  /** Connections at present, frozen ones too. */
  readonly size: number;
  /** How many were frozen so far. */
  readonly frozen: number;
  /** Freezes one of the connections. */
  freeze(): void;
}

interface Pair {
  readonly ends: readonly Deno.Conn[];
  frozen: boolean;
}

/** Starts a proxy to a server. */
export function startProxy(target: string): Proxy {
  const [hostname = "", port] = target.split(":");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const pairs = new Set<Pair>();
  let frozen = 0;

  const close = (pair: Pair) => {
    pairs.delete(pair);
    for (const end of pair.ends) {
      try {
        end.close();
      } catch {
        // it was closed
      }
    }
  };
  const pass = async (pair: Pair, from: Deno.Conn, to: Deno.Conn) => {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        // What comes for a frozen pair is lost. That it is read at all shows when an end gives up.
        for (let at = 0; at < count && !pair.frozen;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // an end is gone
    }
    // A frozen pair tells neither end that the other is gone: each has to find out by itself.
    if (!pair.frozen || pair.ends.every((end) => end === from || gone.has(end))) close(pair);
    else gone.add(from);
  };
  const gone = new WeakSet<Deno.Conn>();
  const accepted = (async () => {
    for await (const inner of listener) {
      const outer = await Deno.connect({ hostname, port: Number(port) }).catch(() => inner.close());
      if (!outer) continue;
      const pair: Pair = { ends: [inner, outer], frozen: false };
      pairs.add(pair);
      void pass(pair, inner, outer);
      void pass(pair, outer, inner);
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    get size() {
      return pairs.size;
    },
    get frozen() {
      return frozen;
    },
    freeze() {
      const [victim] = [...pairs].filter((pair) => !pair.frozen).sort(() => Math.random() - 0.5);
      if (!victim) return;
      victim.frozen = true;
      frozen++;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const pair of pairs) close(pair);
      await accepted;
    },
  };
}
