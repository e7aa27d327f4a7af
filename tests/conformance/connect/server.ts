/**
 * The server under test of connectconformance:
 *
 *     deno run -A tests/conformance/connect/server.ts GENERATED TRANSPORT
 *
 * It reads what server is wanted from stdin, and says on stdout where it listens.
 *
 * @module
 */

import {
  createServer,
  type Handlers,
  type MessageType,
  RpcError,
  type ServerContext,
  type Service,
  Status,
} from "../../../mod.ts";
import { type SocketTransport, transportOf } from "../../transport_of.ts";
import { addFields, errorOf, fieldsOf, packed } from "./fields.ts";
import {
  type AnyMessage,
  type CaseRequest,
  generated,
  type Payload,
  readMessage,
  type RequestInfo,
  type ResponseDefinition,
  writeMessage,
} from "./generated.ts";

const {
  ConformanceService,
  ConformancePayload_RequestInfo: RequestInfoType,
  ServerCompatRequest,
  ServerCompatResponse,
} = await generated();

type Reply = { payload: Payload };

const requestTypes = new Map(
  Object.values(ConformanceService.methods).map(({ name, request }) => [name, request as MessageType<unknown>]),
);

function infoOf(ctx: ServerContext, requests: readonly CaseRequest[]): RequestInfo {
  const type = requestTypes.get(ctx.method)!;
  return {
    requestHeaders: fieldsOf(ctx.metadata),
    timeoutMs: ctx.deadline === undefined ? undefined : BigInt(Math.max(0, Math.ceil(ctx.deadline - Date.now()))),
    requests: requests.map((request): AnyMessage => packed(type.typeName, type.encode(request))),
  };
}

const detail = (info: RequestInfo) => [packed(RequestInfoType.typeName, RequestInfoType.encode(info))];
const pause = (ms: number) => ms > 0 ? new Promise<void>((resolve) => setTimeout(resolve, ms)) : undefined;

function setFields(ctx: ServerContext, definition: ResponseDefinition | undefined): void {
  addFields(ctx.header, definition?.responseHeaders ?? []);
  addFields(ctx.trailer, definition?.responseTrailers ?? []);
}

async function oneReply(requests: CaseRequest[], ctx: ServerContext): Promise<Reply> {
  const info = infoOf(ctx, requests);
  const definition = requests[0]?.responseDefinition;
  setFields(ctx, definition);
  await pause(definition?.responseDelayMs ?? 0);
  const response = definition?.response;
  if (response?.case === "error") throw errorOf(response.value, detail(info));
  return { payload: { data: response?.value ?? new Uint8Array(), requestInfo: info } };
}

/** Sends what is left of a definition's responses, then its error. */
async function* replies(
  { responseData = [], responseDelayMs, error }: ResponseDefinition,
  info: RequestInfo,
  sent = 0,
): AsyncGenerator<Reply> {
  for (const data of responseData.slice(sent)) {
    await pause(responseDelayMs);
    yield { payload: { data, requestInfo: sent++ === 0 ? info : undefined } };
  }
  if (error) throw errorOf(error, sent === 0 ? detail(info) : []);
}

async function* serverStream(request: CaseRequest, ctx: ServerContext): AsyncGenerator<Reply> {
  const definition = request.responseDefinition;
  if (!definition) return;
  setFields(ctx, definition);
  ctx.sendHeader();
  yield* replies(definition, infoOf(ctx, [request]));
}

async function* bidiStream(requests: AsyncIterable<CaseRequest>, ctx: ServerContext): AsyncGenerator<Reply> {
  const seen: CaseRequest[] = [];
  let definition: ResponseDefinition | undefined;
  let sent = 0;
  for await (const request of requests) {
    if (seen.push(request) === 1 && (definition = request.responseDefinition)) {
      setFields(ctx, definition);
      ctx.sendHeader();
    }
    if (!seen[0]!.fullDuplex) continue;
    const data = definition?.responseData?.[sent];
    if (data === undefined) break;
    await pause(definition!.responseDelayMs);
    const info = infoOf(ctx, [request]);
    yield { payload: { data, requestInfo: sent++ === 0 ? info : { requestHeaders: [], requests: info.requests } } };
  }
  if (definition) yield* replies(definition, infoOf(ctx, seen), sent);
}

async function clientStream(requests: AsyncIterable<CaseRequest>, ctx: ServerContext): Promise<Reply> {
  return await oneReply(await Array.fromAsync(requests), ctx);
}

const unary = (request: CaseRequest, ctx: ServerContext) => oneReply([request], ctx);

const order = (await readMessage(ServerCompatRequest))!;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const { cert, key } = order.serverCreds ?? { cert: new Uint8Array(), key: new Uint8Array() };
const server = createServer({
  name: "conformance",
  address: "127.0.0.1:0",
  transport: transportOf(Deno.args[1] as SocketTransport),
  tls: order.useTls
    ? { cert: text(cert), key: text(key), ...order.clientTlsCert.length > 0 && { ca: text(order.clientTlsCert) } }
    : undefined,
  limits: order.messageReceiveLimit > 0 ? { receiveMessageBytes: order.messageReceiveLimit } : {},
});
const unimplemented = () => {
  throw new RpcError(Status.UNIMPLEMENTED, "as the test case wants it");
};
const handlers = { unary, idempotentUnary: unary, unimplemented, clientStream, serverStream, bidiStream };
server.add(ConformanceService, handlers as unknown as Handlers<Service>);
await server.start();
writeMessage(ServerCompatResponse, {
  host: "127.0.0.1",
  port: Number(server.address.split(":").at(-1)),
  pemCert: cert,
});
await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", resolve));
await server.stop();
Deno.exit();
