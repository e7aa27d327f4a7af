/** Writes bytes to a peer, and waits while it reads none. It throws when the peer has gone. */
export type Write = (text: string) => Promise<void>;

/** An answer of Consul up to its body. */
export const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-consul-index: 7\r\n";

/**
 * A TCP server in place of Consul, which answers each request by `script`. The connection stays open until the script
 * ends.
 *
 * @param script Takes the path of the request.
 */
export function evilConsul(script: (write: Write, path: string) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** How many bytes each connection has taken. */
  const written: number[] = [];
  const running = (async () => {
    const conversations: Promise<void>[] = [];
    for await (const connection of listener) conversations.push(converse(connection, written.push(0) - 1));
    await Promise.all(conversations);
  })();

  async function converse(connection: Deno.Conn, index: number): Promise<void> {
    using socket = connection;
    const write: Write = async (text) => {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
      written[index]! += bytes.length;
    };
    try {
      await script(write, await readPath(socket));
    } catch {
      // The client has closed the connection.
    }
  }

  return {
    address: `127.0.0.1:${listener.addr.port}`,
    written,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
}

/** Reads a request's first line and, roughly, the rest of it. */
async function readPath(socket: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(64 * 1024);
  const length = await socket.read(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, length)).split(" ")[1] ?? "";
}
