import net from "node:net";

/** How a proxy treats what passes through it. */
export interface Weather {
  /**
   * How much later everything arrives, in milliseconds.
   * @default {0}
   */
  readonly latency?: number;
  /**
   * Whether each byte is written by itself.
   * @default {false}
   */
  readonly trickle?: boolean;
}

/** A proxy in front of a server, with the faults that networks have. */
export interface Proxy extends AsyncDisposable {
  /** Where it listens. */
  readonly address: string;
  /** When each connection was taken, in milliseconds since 1970. */
  readonly opened: number[];
  /** Connections at present, silent ones too. */
  readonly size: number;
  /** What holds for connections from now on. */
  weather: Weather & { readonly silent?: boolean };
  /** Where it leads. */
  target: string;
  /**
   * Connections that are open pass nothing any more and tell neither end, as a cable that was pulled; new ones are as
   * `weather` says.
   */
  silence(): void;
  /** The same, for one of the connections that pass something. */
  silenceOne(): void;
  /** How many it has silenced. */
  readonly silenced: number;
  /** Closes all connections: in order (FIN), or not (RST). */
  cut(how: "close" | "reset"): void;
  /** Cuts all and takes no more: connecting is refused. */
  down(): Promise<void>;
  /** Takes connections again, on the same port. */
  up(): Promise<void>;
}

/** A connection through the proxy: its two ends. */
class Pair {
  readonly #ends: readonly net.Socket[];
  #silent: boolean;

  constructor(
    inner: net.Socket,
    target: string,
    { latency = 0, trickle = false, silent = false }: Proxy["weather"],
    onClose: () => void,
  ) {
    const [host, port] = target.split(":");
    const outer = net.connect({ host, port: Number(port), noDelay: true });
    inner.setNoDelay(true);
    this.#silent = silent;
    this.#ends = [inner, outer];
    for (const [from, to] of [[inner, outer], [outer, inner]] as const) {
      let last = Promise.resolve();
      from.on("data", (bytes: Uint8Array) => {
        const due = performance.now() + latency;
        last = last.then(async () => {
          await until(due);
          for (let at = 0; at < bytes.length && !this.#silent; at += trickle ? 1 : bytes.length) {
            await write(to, trickle ? bytes.subarray(at, at + 1) : bytes);
          }
        });
      });
      from.on("error", () => {}); // "close" follows
      from.on("close", () => {
        last.then(() => this.#silent || to.destroy());
        if (this.#ends.every((end) => end.destroyed)) onClose();
      });
    }
  }

  get silent(): boolean {
    return this.#silent;
  }

  silence(): void {
    this.#silent = true;
  }

  cut(how: "close" | "reset"): void {
    for (const end of this.#ends) how === "reset" ? end.resetAndDestroy() : end.destroy();
  }
}

/**
 * Starts a proxy.
 *
 * @param target The server's address.
 */
export async function startProxy(target: string): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const opened: number[] = [];
  let silenced = 0;
  let port = 0;
  let server: net.Server;
  const silence = (pair: Pair) => {
    if (pair.silent) return;
    pair.silence();
    silenced++;
  };
  const proxy: Proxy = {
    get address() {
      return `127.0.0.1:${port}`;
    },
    opened,
    get size() {
      return pairs.size;
    },
    weather: {},
    target,
    silence: () => pairs.forEach(silence),
    silenceOne() {
      const open = [...pairs].filter(({ silent }) => !silent);
      const one = open[Math.floor(Math.random() * open.length)];
      if (one) silence(one);
    },
    get silenced() {
      return silenced;
    },
    cut: (how) => pairs.forEach((pair) => pair.cut(how)),
    async down() {
      const closed = new Promise((done) => server.close(done));
      proxy.cut("reset");
      await closed;
    },
    async up() {
      server = net.createServer((inner) => {
        opened.push(Date.now());
        const pair = new Pair(inner, proxy.target, proxy.weather, () => pairs.delete(pair));
        pairs.add(pair);
      });
      await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
      ({ port } = server.address() as net.AddressInfo);
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await proxy.down();
    },
  };
  await proxy.up();
  return proxy;
}

async function until(due: number): Promise<void> {
  const left = due - performance.now();
  if (left > 0) await new Promise((done) => setTimeout(done, left));
}

/** Resolves also where the other end is gone: then nothing more is to be done. */
const write = (to: net.Socket, bytes: Uint8Array) => new Promise<void>((done) => to.write(bytes, () => done()));
