import type { DetailedPeerCertificate, TLSSocket } from "node:tls";

/** The most certificates that are read from a chain. */
const MAX_CERTIFICATES = 32;

/** A private part of Deno's TLSSocket, used where it exists. `peer_chain_test.ts` fails if it is gone. */
interface RawSocket {
  readonly _handle?: { getPeerCertificateChain?(): { certificates: Uint8Array[] } | null } | null;
}

/**
 * Returns the certificates that the peer sent, in DER, its own first. Empty if it sent none, or if it has disconnected.
 *
 * The public `getPeerCertificate(true)` is only the fallback. It throws at a certificate that can't be read. It also
 * adds certificates from the option `ca`, all of which it parses for each connection.
 */
export function peerChain(socket: TLSSocket): Uint8Array[] {
  const { _handle: handle } = socket as unknown as RawSocket;
  if (handle?.getPeerCertificateChain) return handle.getPeerCertificateChain()?.certificates ?? [];
  const chain: Uint8Array[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  for (; next?.raw && chain.length < MAX_CERTIFICATES; next = next.issuerCertificate) chain.push(next.raw);
  return chain;
}
