import type { DetailedPeerCertificate, TLSSocket } from "node:tls";

/** The most certificates that are looked at. */
const MAX_CERTIFICATES = 32;

/** What is private in Deno's TLSSocket and used here where it is there; `peer_chain_test.ts` fails if it is gone. */
interface RawSocket {
  readonly _handle?: { getPeerCertificateChain?(): { certificates: Uint8Array[] } | null } | null;
}

/**
 * The certificates that the other end has sent, in DER: its own first. Empty if it has sent none, or is gone.
 *
 * The public `getPeerCertificate(true)` throws at a certificate that can't be read, and adds others from the option
 * `ca`, for which it reads all of them for each connection. It is used where Deno lacks the other.
 */
export function peerChain(socket: TLSSocket): Uint8Array[] {
  const { _handle: handle } = socket as unknown as RawSocket;
  if (handle?.getPeerCertificateChain) return handle.getPeerCertificateChain()?.certificates ?? [];
  const chain: Uint8Array[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  for (; next?.raw && chain.length < MAX_CERTIFICATES; next = next.issuerCertificate) chain.push(next.raw);
  return chain;
}
