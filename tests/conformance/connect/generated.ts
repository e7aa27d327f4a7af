/**
 * The messages of connectconformance. Their .proto files come with its Go module, and are generated for each run: the
 * first argument of the programs of this folder is the folder of the generated code. Only the fields that the programs
 * read are declared here.
 *
 * @module
 */

import type { MessageType, Service } from "../../../mod.ts";

/** A name with its values. Those of a `-bin` name are base64. */
export interface Header {
  name: string;
  value: string[];
}

/** `google.protobuf.Any`. */
export interface AnyMessage {
  typeUrl: string;
  value: Uint8Array;
}

/** An error as a test case describes it. */
export interface CaseError {
  code: number;
  message?: string;
  details: AnyMessage[];
}

/** What a handler shall answer. `responseData` is a list for streams of responses. */
export interface ResponseDefinition {
  responseHeaders: Header[];
  responseTrailers: Header[];
  responseDelayMs: number;
  responseData?: Uint8Array[];
  error?: CaseError;
  response?: { case: "responseData"; value: Uint8Array } | { case: "error"; value: CaseError };
}

/** A request of any method. */
export interface CaseRequest {
  responseDefinition?: ResponseDefinition;
  fullDuplex?: boolean;
}

/** What a server says of the requests that it got. */
export interface RequestInfo {
  requestHeaders: Header[];
  timeoutMs?: bigint;
  requests: AnyMessage[];
}

/** What a response holds. */
export interface Payload {
  data: Uint8Array;
  requestInfo?: RequestInfo;
}

/** Asks the server's program for a server. */
export interface ServerOrder {
  useTls: boolean;
  clientTlsCert: Uint8Array;
  messageReceiveLimit: number;
  serverCreds?: { cert: Uint8Array; key: Uint8Array };
}

/** Asks the client's program for a call. */
export interface ClientOrder {
  testName: string;
  compression: number;
  host: string;
  port: number;
  serverTlsCert: Uint8Array;
  clientTlsCreds?: { cert: Uint8Array; key: Uint8Array };
  messageReceiveLimit: number;
  method?: string;
  streamType: number;
  requestHeaders: Header[];
  requestMessages: AnyMessage[];
  timeoutMs?: number;
  requestDelayMs: number;
  cancel?: {
    cancelTiming?: { case: "beforeCloseSend" } | { case: "afterCloseSendMs" | "afterNumResponses"; value: number };
  };
}

/** What came of a call. */
export interface CallResult {
  responseHeaders: Header[];
  payloads: Payload[];
  error?: CaseError;
  responseTrailers: Header[];
  numUnsentRequests: number;
}

interface Generated {
  ConformanceService: Service;
  ConformancePayload_RequestInfo: MessageType<RequestInfo>;
  ServerCompatRequest: MessageType<ServerOrder>;
  ServerCompatResponse: MessageType<{ host: string; port: number; pemCert: Uint8Array }>;
  ClientCompatRequest: MessageType<ClientOrder>;
  ClientCompatResponse: MessageType<
    {
      testName: string;
      result: { case: "response"; value: CallResult } | { case: "error"; value: { message: string } };
    }
  >;
  Compression: Readonly<Record<"COMPRESSION_GZIP" | "COMPRESSION_DEFLATE", number>>;
  StreamType: Readonly<Record<"STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM", number>>;
}

const FILES = ["config", "service", "server_compat", "client_compat"];

/** Loads the generated code. */
export async function generated(): Promise<Generated> {
  const modules = await Promise.all(
    FILES.map((file) => import(`${Deno.args[0]}/connectrpc/conformance/v1/${file}.ts`)),
  );
  return Object.assign({}, ...modules);
}

/** Reads a message from stdin: its length in four bytes, then its bytes. Undefined at the end of stdin. */
export async function readMessage<T>(type: MessageType<T>): Promise<T | undefined> {
  const head = await readBytes(4);
  if (head === undefined) return undefined;
  const body = await readBytes(new DataView(head.buffer).getUint32(0));
  return body && type.decode(body);
}

async function readBytes(length: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await Deno.stdin.read(bytes.subarray(at));
    if (count === null) return undefined;
    at += count;
  }
  return bytes;
}

/** Writes a message to stdout, in one piece: calls end side by side. */
export function writeMessage<T>(type: MessageType<T>, message: T): void {
  const body = type.encode(message as Parameters<typeof type.encode>[0]);
  const bytes = new Uint8Array(4 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(body, 4);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
