import { NO_BYTES } from "../../../base/bytes.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import { FrameType, PREFACE } from "../../http2/protocol/frame.ts";
import { Output } from "../../http2/state/output.ts";
import { type CloseReason, PEER_SPEAKS_TLS } from "./close_reason.ts";

/** A peer that does not speak HTTP/2, or that uses the wrong kind of port. */
export interface WrongProtocol {
  /** What the peer speaks, and what to do. */
  readonly why: string;
  /** The answer to the peer, in its own protocol. */
  readonly answer: Uint8Array;
  /** Whether the peer's owner can see no answer, so that only the log reports the problem. */
  readonly onlyLogged?: true;
}

const TLS_HANDSHAKE = 22;
const TLS_ALERT = 21;
const HTTP1 = /^(?:CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE) \S/;
const USE_GRPC = "give it client.WithTransportProtocol(transport.GRPC)";
const UTF8 = new TextEncoder();

/**
 * Detects a client whose protocol does not fit its port.
 *
 * @param first The first octets from the client.
 * @param tls Whether the port speaks TLS. `first` was sent before any TLS.
 * @returns Undefined if the protocol may fit.
 */
export function wrongProtocolOfClient(first: Uint8Array, tls: boolean): WrongProtocol | undefined {
  // TLS is checked before Kitex: the length and type of a TLS record may look like one of Kitex's protocols.
  if (first[0] === TLS_HANDSHAKE) return tls ? undefined : rejection("TLS on a port without TLS: leave out TLS");
  const kitex = kitexProtocol(first);
  if (kitex) {
    const why = `a Kitex client that speaks ${kitex}, not gRPC; ${USE_GRPC}`;
    return { why, answer: NO_BYTES, onlyLogged: true };
  }
  if (startsLikePreface(first)) {
    if (!tls) return undefined;
    const why = "plaintext on a TLS port: use TLS";
    return { why, answer: goAway(why) };
  }
  if (HTTP1.test(latin1(first))) {
    const how = tls ? "TLS and HTTP/2" : "HTTP/2 without TLS (prior knowledge)";
    return rejection(`HTTP/1.1 on a port for gRPC: it speaks ${how} only`);
  }
  return tls ? rejection("no TLS on a TLS port: use TLS") : undefined;
}

/**
 * Detects a server that does not speak HTTP/2, or that speaks it over TLS only.
 *
 * @param first The first octets from the server.
 */
export function wrongProtocolOfServer(first: Uint8Array): CloseReason | undefined {
  if (first[0] === TLS_ALERT && first[1] === 3) return PEER_SPEAKS_TLS;
  const text = latin1(first);
  if (!text.startsWith("HTTP/1.")) return undefined;
  const body = text.split("\r\n\r\n")[1]?.slice(0, 200).trim();
  const why = `answers with HTTP/1, so it is not a gRPC server${body ? `: ${JSON.stringify(body)}` : ""}`;
  return { kind: "unusable", text: why };
}

/**
 * Detects the protocols of a Kitex client that is not configured for gRPC. Their frames begin with a length of four
 * octets.
 *
 * @see https://www.cloudwego.io/docs/kitex/reference/transport_protocol_ttheader/
 */
function kitexProtocol(first: Uint8Array): string | undefined {
  const magic = (at: number) => first.length < at + 2 ? 0 : first[at]! << 8 | first[at + 1]!;
  if (magic(4) === 0x1000) return "TTHeader";
  if (magic(0) === 0x8001 || magic(4) === 0x8001) return "Thrift";
  return magic(0) === 0x9001 || magic(4) === 0x9001 ? "Kitex Protobuf" : undefined;
}

const startsLikePreface = (first: Uint8Array) => PREFACE.every((octet, i) => i >= first.length || first[i] === octet);

const latin1 = (octets: Uint8Array) => String.fromCharCode(...octets.subarray(0, 1000));

/** Creates an answer that HTTP/1 clients show, and that TLS clients recognize as not TLS. */
function rejection(why: string): WrongProtocol {
  const body = `${why}\n`;
  const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n`;
  return { why, answer: UTF8.encode(`${head}connection: close\r\n\r\n${body}`) };
}

/** Creates an answer that HTTP/2 clients understand: SETTINGS and GOAWAY. */
function goAway(why: string): Uint8Array {
  const output = new Output();
  const text = UTF8.encode(why);
  output.frame(0, FrameType.SETTINGS, 0, 0);
  output.frame(8 + text.length, FrameType.GOAWAY, 0, 0);
  output.uint32(0);
  output.uint32(ErrorCode.INADEQUATE_SECURITY);
  output.bytes(text);
  return output.take();
}
