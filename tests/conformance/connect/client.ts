/**
 * The client under test of connectconformance:
 *
 *     deno run -A tests/conformance/connect/client.ts GENERATED TRANSPORT
 *
 * It reads calls to make from stdin, and writes to stdout what came of each.
 *
 * @module
 */

import {
  type CallOptions,
  type Client,
  createClient,
  type MessageType,
  type Metadata,
  Metadata as Fields,
  type Service,
} from "../../../mod.ts";
import { type SocketTransport, transportOf } from "../../transport_of.ts";
import { addFields, caseErrorOf, fieldsOf } from "./fields.ts";
import { type CallResult, type ClientOrder, generated, type Payload, readMessage, writeMessage } from "./generated.ts";

const { ClientCompatRequest, ClientCompatResponse, Compression, ConformanceService, StreamType } = await generated();

/** More calls than this at a time make the machine, not the client, the thing under test. */
const MAX_CONCURRENT_CALLS = 16;

type Reply = { payload?: Payload };
type AnyMethod = (requests: unknown, options: CallOptions) => Promise<Reply> | AsyncIterable<Reply>;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function clientFor(order: ClientOrder): Client<Service> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const creds = order.clientTlsCreds;
  return createClient(ConformanceService, {
    address: `${order.host}:${order.port}`,
    transport: transportOf(Deno.args[1] as SocketTransport),
    retry: false,
    compression: ({ [Compression.COMPRESSION_GZIP]: "gzip", [Compression.COMPRESSION_DEFLATE]: "deflate" } as const)[
      order.compression
    ] ??
      "identity",
    tls: order.serverTlsCert.length > 0
      ? { ca: text(order.serverTlsCert), ...creds && { cert: text(creds.cert), key: text(creds.key) } }
      : undefined,
    limits: order.messageReceiveLimit > 0 ? { receiveMessageBytes: order.messageReceiveLimit } : {},
  });
}

/** A call as a test case describes it. */
class Case {
  readonly #order: ClientOrder;
  readonly #requests: unknown[];
  readonly #cancel = new AbortController();
  readonly #payloads: Payload[] = [];
  #header: Metadata | undefined;
  #trailer: Metadata | undefined;
  #sent = 0;
  #answered = Promise.withResolvers<void>();

  constructor(order: ClientOrder, requestType: MessageType<unknown>) {
    this.#order = order;
    this.#requests = order.requestMessages.map(({ value }) => requestType.decode(value));
  }

  async make(method: AnyMethod, kind: string): Promise<CallResult> {
    const { timeoutMs, requestHeaders } = this.#order;
    const options: CallOptions = {
      signal: this.#cancel.signal,
      metadata: addFields(new Fields(), requestHeaders),
      timeout: timeoutMs ?? Infinity,
      onHeader: (header) => this.#header = header,
      onTrailer: (trailer) => this.#trailer = trailer,
    };
    const streams = kind === "client_streaming" || kind === "bidi";
    let error: CallResult["error"];
    try {
      if (!streams) this.#closedSend();
      const replies = method(streams ? this.#stream() : this.#requests[0], options);
      if (Symbol.asyncIterator in replies) { for await (const reply of replies) this.#took(reply); }
      else this.#took(await replies);
    } catch (thrown) {
      error = caseErrorOf(thrown);
    }
    return {
      responseHeaders: fieldsOf(this.#header),
      responseTrailers: fieldsOf(this.#trailer),
      payloads: this.#payloads,
      error,
      numUnsentRequests: streams ? this.#requests.length - this.#sent : 0,
    };
  }

  async *#stream(): AsyncGenerator<unknown> {
    for (const request of this.#requests) {
      await pause(this.#order.requestDelayMs);
      this.#sent++;
      yield request;
      if (this.#order.streamType === StreamType.STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM) await this.#answered.promise;
    }
    if (this.#order.cancel?.cancelTiming?.case === "beforeCloseSend") return this.#cancel.abort();
    this.#closedSend();
  }

  #closedSend(): void {
    const { cancel } = this.#order;
    if (!cancel) return;
    const timing = cancel.cancelTiming ?? { case: "afterCloseSendMs", value: 0 };
    if (timing.case === "afterCloseSendMs") setTimeout(() => this.#cancel.abort(), timing.value);
  }

  #took({ payload }: Reply): void {
    this.#payloads.push(payload ?? { data: new Uint8Array() });
    const timing = this.#order.cancel?.cancelTiming;
    if (timing?.case === "afterNumResponses" && timing.value === this.#payloads.length) this.#cancel.abort();
    this.#answered.resolve();
    this.#answered = Promise.withResolvers();
  }
}

async function answer(order: ClientOrder): Promise<void> {
  const { testName } = order;
  try {
    await using client = clientFor(order);
    const [name, { request, kind }] = Object.entries(ConformanceService.methods)
      .find(([, { name }]) => name === order.method)!;
    const method = (client as unknown as Record<string, AnyMethod>)[name]!;
    const value = await new Case(order, request as MessageType<unknown>).make(method, kind);
    writeMessage(ClientCompatResponse, { testName, result: { case: "response", value } });
  } catch (error) {
    writeMessage(ClientCompatResponse, { testName, result: { case: "error", value: { message: String(error) } } });
  }
}

const inFlight = new Set<Promise<void>>();
for (let order = await readMessage(ClientCompatRequest); order; order = await readMessage(ClientCompatRequest)) {
  const call = answer(order).finally(() => inFlight.delete(call));
  inFlight.add(call);
  if (inFlight.size >= MAX_CONCURRENT_CALLS) await Promise.race(inFlight);
}
await Promise.all(inFlight);
