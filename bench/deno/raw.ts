/**
 * A TCP server without gRPC, which shows the speed of Deno's sockets. The first byte of a connection selects the mode:
 * echo ("e") or flood ("f").
 *
 * @module
 */

const FLOOD = "f".charCodeAt(0);

async function serve(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay();
  const buffer = new Uint8Array(1024); // enough for 16 calls of 54 bytes, and little for one of 1,000 idle connections
  const first = buffer.subarray(0, 1);
  if (await conn.read(first) === null) return;
  if (first[0] === FLOOD) {
    const flood = new Uint8Array(64 * 1024);
    while (true) await writeAll(conn, flood);
  }
  for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
    await writeAll(conn, buffer.subarray(0, n));
  }
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(`READY 127.0.0.1:${listener.addr.port}`);
for await (const conn of listener) serve(conn).catch(() => conn.close()); // the load generator hangs up
