import { assertEquals } from "@std/assert";
import { connect, createServer, type TLSSocket } from "node:tls";
import { needs } from "../tests/needs.ts";
import { authority, forge } from "../tests/tls/forge.ts";
import { peerChain } from "./peer_chain.ts";

const root = forge({ name: "root", extensions: [authority()] });
const middle = forge({ name: "middle", issuer: root, extensions: [authority()] });
const own = forge({ name: "own", issuer: middle });

needs(
  [{ name: "net" }],
  "peerChain() returns the certificates that the peer has sent, by the private name of Deno and without it",
  async () => {
    const tls = { cert: own.pem + middle.pem, key: own.key.pkcs8 };
    const chains = Promise.withResolvers<Uint8Array[][]>();
    const server = createServer({ ...tls, ca: root.pem, requestCert: true }, (socket) => {
      const handle = (socket as unknown as { _handle: { getPeerCertificateChain: unknown } })._handle;
      assertEquals(typeof handle.getPeerCertificateChain, "function");
      const byHandle = peerChain(socket);
      const bare = { getPeerCertificate: socket.getPeerCertificate.bind(socket) } as unknown as TLSSocket;
      chains.resolve([byHandle, peerChain(bare)]);
      socket.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const socket = connect({ ...tls, host: "127.0.0.1", port, ca: root.pem, checkServerIdentity: () => undefined });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    const [byHandle, byName] = await chains.promise;
    const hex = (chain: Uint8Array[]) => chain.map((der) => der.toHex());
    assertEquals(hex(byHandle!), hex([own.der, middle.der]));
    // The fallback continues up to the authority.
    assertEquals(hex(byName!).slice(0, 2), hex(byHandle!));
    await closed;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  },
);
