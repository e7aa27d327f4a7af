import { FrameType, PREFACE } from "../../transport/http2/protocol/frame.ts";

/** What a proxy has counted of its clients' questions for a sign of life. */
export interface Counts {
  /** Connections that were made. */
  connections: number;
  /** PINGs of clients. */
  pings: number;
  /** The most of them on one connection between HEADERS or DATA of the server. */
  most: number;
  /** SETTINGS of clients beyond the first. */
  settings: number;
}

/** A proxy in front of a server of plaintext HTTP/2. */
export interface CountingProxy extends AsyncDisposable {
  readonly address: string;
  readonly counts: Counts;
}

/** Starts a proxy that counts what passes it. */
export function startCountingProxy(target: string): CountingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const counts: Counts = { connections: 0, pings: 0, most: 0, settings: 0 };
  const open = new Set<Deno.Conn>();
  const pairs = new Set<Promise<unknown>>();
  const [hostname, port] = target.split(":");
  const serve = async (client: Deno.Conn) => {
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(client).add(server);
    counts.connections++;
    let sinceCall = 0, settings = 0;
    const onClient = frames(PREFACE.length, (type, ack) => {
      if (type === FrameType.SETTINGS && !ack && settings++ > 0) counts.settings++;
      if (type !== FrameType.PING || ack) return;
      counts.pings++;
      counts.most = Math.max(counts.most, ++sinceCall);
    });
    const onServer = frames(0, (type) => {
      if (type === FrameType.HEADERS || type === FrameType.DATA) sinceCall = 0;
    });
    await Promise.all([copy(client, server, onClient), copy(server, client, onServer)]);
    for (const conn of [client, server]) open.delete(conn), conn.close();
  };
  const accepting = (async () => {
    for await (const client of listener) {
      const pair = serve(client).catch(() => {}).finally(() => pairs.delete(pair));
      pairs.add(pair);
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    counts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const conn of open) void conn.closeWrite().catch(() => {});
      await Promise.all(pairs);
    },
  };
}

async function copy(from: Deno.Conn, to: Deno.Conn, see: (bytes: Uint8Array) => void): Promise<void> {
  const buf = new Uint8Array(64 * 1024);
  try {
    for (let n; (n = await from.read(buf)) !== null;) {
      see(buf.subarray(0, n));
      for (let at = 0; at < n;) at += await to.write(buf.subarray(at, n));
    }
  } catch {
    // One end has reset the connection, so the other is reset too.
  }
  await to.closeWrite().catch(() => {});
}

/**
 * Goes through the frames of a direction: of each, its type and whether its first flag is set, which is ACK in PING and
 * SETTINGS.
 */
function frames(skip: number, see: (type: number, ack: boolean) => void): (bytes: Uint8Array) => void {
  const head: number[] = [];
  return (bytes) => {
    for (let at = 0; at < bytes.length;) {
      if (skip > 0) {
        const part = Math.min(skip, bytes.length - at);
        skip -= part;
        at += part;
      } else if (head.push(bytes[at++]!) === 9) {
        skip = head[0]! << 16 | head[1]! << 8 | head[2]!;
        see(head[3]!, (head[4]! & 1) === 1);
        head.length = 0;
      }
    }
  };
}
