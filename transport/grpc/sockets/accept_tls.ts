import { createServer as createTcpServer, type Socket as NodeTcpSocket } from "node:net";
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from "node:tls";
import { inBackground } from "../../../base/background.ts";
import type { Peer } from "../../../rpc/peer.ts";
import { after, LONGEST_TIMER_MS } from "../../../base/time.ts";
import { ClientCheck } from "../../client_check.ts";
import { RefusalLog } from "../../refusal_log.ts";
import type { ListenOptions, ServerTls } from "../../transport.ts";
import { type Acceptor, type Host, listening, peerOf } from "./accept.ts";
import { acceptAgain } from "../../file_descriptors.ts";
import { wrongProtocolOfClient } from "./wrong_protocol.ts";
import { NodeSocket } from "./node_socket.ts";

/** A connection whose handshake is not done, or that receives an answer because it does not speak TLS. */
interface Pending {
  readonly peer: Peer;
  /** Stops its timeout. */
  done(): void;
}

/**
 * Listens with TLS, by node:net and node:tls: `Deno.listenTls` can't ask for a client's certificate, nor replace its
 * own. The first octets are inspected before TLS reads them, so that a client without TLS receives a readable answer.
 */
export async function acceptTls(options: ListenOptions, host: Host): Promise<Acceptor> {
  const { address, tls, limits, logger } = options;
  const check = new ClientCheck(tls!.ca, logger);
  const refusals = new RefusalLog(logger);
  const pending = new Map<NodeTcpSocket, Pending>();
  const known = new WeakMap<NodeTcpSocket, Pending>();
  /** The function that drains a connection, by its socket. */
  const served = new Map<TLSSocket, () => void>();
  const checkAgain = async () => {
    for (const [socket, leave] of served) {
      if (!check.covers(socket)) leave();
      // One connection per turn, as a check may take a few milliseconds.
      await new Promise<void>((resolve) => after(0, resolve));
    }
  };
  const pendingOf = (socket: TLSSocket) => known.get((socket as unknown as { _parent?: NodeTcpSocket })._parent!);
  // The kit's own timeout is the shorter one: it starts when the connection is accepted.
  const secure = createTlsServer({ ...contextOf(tls!), handshakeTimeout: LONGEST_TIMER_MS }, (socket) => {
    const client = pendingOf(socket);
    if (client === undefined) return void socket.destroy();
    if (socket.alpnProtocol !== "h2") {
      refusals.refused(client.peer.address, "TLS without HTTP/2 (ALPN h2)");
      return void socket.destroy();
    }
    const admitted = check.admit(socket, client.peer.address);
    if (!admitted) return;
    client.done();
    socket.setNoDelay(true);
    served.set(socket, host.serve(new NodeSocket(socket), { ...client.peer, ...admitted }));
    socket.once("close", () => served.delete(socket));
  });
  secure.on("tlsClientError", (error, socket) => {
    check.failed(error, socket, pendingOf(socket)?.peer.address);
    socket.destroy();
  });
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    if (!host.admits(pending.size)) return void socket.destroy();
    const late = () => {
      host.hit("handshakeTimeout");
      socket.destroy();
    };
    const stop = after(limits.handshakeTimeout, late);
    const done = () => {
      stop();
      pending.delete(socket);
    };
    const client = { peer: peerOf(socket, address), done };
    pending.set(socket, client);
    known.set(socket, client);
    socket.once("close", done);
    socket.once("readable", () => {
      const first: Uint8Array | null = socket.read();
      if (first === null) return;
      const wrong = wrongProtocolOfClient(first, true);
      if (wrong) {
        refusals.refused(client.peer.address, wrong.why, wrong.onlyLogged);
        return void socket.end(wrong.answer);
      }
      socket.unshift(first);
      secure.emit("connection", socket);
    });
  });
  const makeRoom = () => {
    const { size } = pending;
    for (const socket of pending.keys()) socket.destroy();
    return size;
  };
  return {
    address: await listening(server, options),
    setTls(other) {
      secure.setSecureContext(contextOf(other));
      if (check.trust(other.ca)) inBackground("the check of connections after setTls", logger, checkAgain);
    },
    tick: () => acceptAgain(server),
    makeRoom,
    close() {
      server.close();
      makeRoom();
    },
  };
}

function contextOf({ cert, key, ca }: ServerTls): TlsOptions {
  const mutual = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  return { cert, key, ...mutual, minVersion: "TLSv1.2", ALPNProtocols: ["h2"] };
}
