/**
 * The cases of gRPC's interop tests, as their description has them, with a client of the kit.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Client, type Init, type Metadata, RpcError, Status } from "../../mod.ts";
import type { StreamingInputCallRequest, StreamingOutputCallRequest } from "./proto/messages.ts";
import type { TestService, UnimplementedService } from "./proto/test_service.ts";

/** A client of the server under test. */
export type TestClient = Client<typeof TestService>;
/** A client of the service that it has not. */
export type UnimplementedClient = Client<typeof UnimplementedService>;

/** A case. */
export type InteropCase = (client: TestClient, other: UnimplementedClient) => Promise<void>;

const zeros = (size: number) => ({ body: new Uint8Array(size) });
const LARGE = { responseSize: 314159, payload: zeros(271828) };
const REQUESTS = [27182, 8, 1828, 45904];
const REPLIES = [31415, 9, 2653, 58979];

async function* from<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

async function sizes(replies: ReturnType<TestClient["streamingOutputCall"]>): Promise<number[]> {
  return (await Array.fromAsync(replies)).map(({ payload }) => payload!.body.length);
}

async function fails(code: Status, message: string | undefined, call: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(call, RpcError);
  assertEquals([error.code, message === undefined ? undefined : error.rawMessage], [code, message]);
}

async function isLarge(reply: ReturnType<TestClient["unaryCall"]>): Promise<void> {
  assertEquals((await reply).payload!.body.length, 314159);
}

/** All of the standard list that need no cloud. */
export const CASES: Readonly<Record<string, InteropCase>> = {
  async empty_unary(client) {
    assertEquals(await client.emptyCall({}), {});
  },

  async large_unary(client) {
    await isLarge(client.unaryCall(LARGE));
  },

  async client_compressed_unary(client) {
    const request = (value: boolean) => ({ ...LARGE, expectCompressed: { value } });
    await fails(Status.INVALID_ARGUMENT, undefined, () => client.unaryCall(request(true)));
    await isLarge(client.unaryCall(request(true), { compression: "gzip" }));
    await isLarge(client.unaryCall(request(false)));
  },

  async server_compressed_unary(client) {
    for (const value of [true, false]) await isLarge(client.unaryCall({ ...LARGE, responseCompressed: { value } }));
  },

  async client_streaming(client) {
    const requests = REQUESTS.map((size) => ({ payload: zeros(size) }));
    assertEquals((await client.streamingInputCall(from(...requests))).aggregatedPayloadSize, 74922);
  },

  async client_compressed_streaming(client) {
    const request = (value: boolean, size: number) => ({ expectCompressed: { value }, payload: zeros(size) });
    await fails(Status.INVALID_ARGUMENT, undefined, () => client.streamingInputCall(from(request(true, 27182))));
    const reply = await client.streamingInputCall(from(request(true, 27182), request(false, 45904)), {
      compression: (one) => (one as Init<StreamingInputCallRequest>).expectCompressed!.value ? "gzip" : "identity",
    });
    assertEquals(reply.aggregatedPayloadSize, 73086);
  },

  async server_streaming(client) {
    const responseParameters = REPLIES.map((size) => ({ size }));
    assertEquals(await sizes(client.streamingOutputCall({ responseParameters })), REPLIES);
  },

  async server_compressed_streaming(client) {
    const responseParameters = [
      { size: 31415, compressed: { value: true } },
      { size: 92653, compressed: { value: false } },
    ];
    assertEquals(await sizes(client.streamingOutputCall({ responseParameters })), [31415, 92653]);
  },

  async ping_pong(client) {
    let next = Promise.withResolvers<void>();
    async function* requests(): AsyncGenerator<Init<StreamingOutputCallRequest>> {
      for (const [i, size] of REQUESTS.entries()) {
        yield { responseParameters: [{ size: REPLIES[i] }], payload: zeros(size) };
        await next.promise;
        next = Promise.withResolvers();
      }
    }
    const got: number[] = [];
    for await (const { payload } of client.fullDuplexCall(requests())) {
      got.push(payload!.body.length);
      next.resolve();
    }
    assertEquals(got, REPLIES);
  },

  async empty_stream(client) {
    assertEquals(await sizes(client.fullDuplexCall(from())), []);
  },

  async custom_metadata(client) {
    let header: Metadata | undefined;
    let trailer: Metadata | undefined;
    const bytes = new Uint8Array([0x0a, 0x0b, 0x0a, 0x0b, 0x0a, 0x0b]);
    const options = {
      metadata: { "x-grpc-test-echo-initial": "test_initial_metadata_value", "x-grpc-test-echo-trailing-bin": bytes },
      onHeader: (fields: Metadata) => header = fields,
      onTrailer: (fields: Metadata) => trailer = fields,
    };
    const check = () => {
      assertEquals(header?.get("x-grpc-test-echo-initial"), "test_initial_metadata_value");
      assertEquals(trailer?.get("x-grpc-test-echo-trailing-bin"), bytes);
      header = trailer = undefined;
    };
    await isLarge(client.unaryCall(LARGE, options));
    check();
    const request = { responseParameters: [{ size: 314159 }], payload: zeros(271828) };
    assertEquals(await sizes(client.fullDuplexCall(from(request), options)), [314159]);
    check();
  },

  async status_code_and_message(client) {
    const responseStatus = { code: Status.UNKNOWN, message: "test status message" };
    await fails(Status.UNKNOWN, responseStatus.message, () => client.unaryCall({ responseStatus }));
    await fails(
      Status.UNKNOWN,
      responseStatus.message,
      () => Array.fromAsync(client.fullDuplexCall(from({ responseStatus }))),
    );
  },

  async special_status_message(client) {
    const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
    await fails(
      Status.UNKNOWN,
      message,
      () => client.unaryCall({ responseStatus: { code: Status.UNKNOWN, message } }),
    );
  },

  async unimplemented_method(client) {
    await fails(Status.UNIMPLEMENTED, undefined, () => client.unimplementedCall({}));
  },

  async unimplemented_service(_client, other) {
    await fails(Status.UNIMPLEMENTED, undefined, () => other.unimplementedCall({}));
  },

  async cancel_after_begin(client) {
    const controller = new AbortController();
    // deno-lint-ignore require-yield -- the call is cancelled before the first request
    async function* requests(): AsyncGenerator<Init<StreamingInputCallRequest>> {
      controller.abort();
      await new Promise(() => {});
    }
    const { signal } = controller;
    await fails(Status.CANCELLED, undefined, () => client.streamingInputCall(requests(), { signal }));
  },

  async cancel_after_first_response(client) {
    const controller = new AbortController();
    async function* requests(): AsyncGenerator<Init<StreamingOutputCallRequest>> {
      yield { responseParameters: [{ size: 31415 }], payload: zeros(27182) };
      await new Promise(() => {});
    }
    let replies = 0;
    await fails(Status.CANCELLED, undefined, async () => {
      for await (const { payload } of client.fullDuplexCall(requests(), { signal: controller.signal })) {
        assertEquals(payload!.body.length, 31415);
        replies++;
        controller.abort();
      }
    });
    assertEquals(replies, 1);
  },

  async timeout_on_sleeping_server(client) {
    async function* requests(): AsyncGenerator<Init<StreamingOutputCallRequest>> {
      yield { payload: zeros(27182) };
      await new Promise(() => {});
    }
    await client.emptyCall({}); // connected, so that the time limit is the call's alone
    const start = performance.now();
    await fails(
      Status.DEADLINE_EXCEEDED,
      undefined,
      () => Array.fromAsync(client.fullDuplexCall(requests(), { timeout: 1 })),
    );
    assert(performance.now() - start < 5000, "the call ended long after its deadline");
  },
};
