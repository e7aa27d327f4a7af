/**
 * Tools for the tests of a service: a server and a client in memory, injected faults, a registry that the test
 * controls, a fake clock, and assertions. Nothing here needs a permission: plain `deno test` is enough.
 *
 * @example
 * ```ts ignore
 * import { Status } from "@dinokit/dinokit";
 * import { assertRpcError, testPair } from "@dinokit/dinokit/testing";
 * import { EchoService } from "./proto/echo.ts";
 * import { handlers } from "./handlers.ts";
 *
 * Deno.test("Echo rejects an empty message", async () => {
 *   await using echo = await testPair(EchoService, handlers);
 *   await assertRpcError(echo.client.echo({ mes: "" }), { code: Status.INVALID_ARGUMENT });
 * });
 * ```
 *
 * @module
 */

export { type TestPair, testPair, type TestPairOptions } from "./pair.ts";
export type { CallOf, RecordedCall } from "./record.ts";
export type { Attempt, Fault, Faults } from "./faults.ts";
export { type FaultyTransport, faultyTransport } from "./transport.ts";
export { type TestRegistry, testRegistry } from "./registry.ts";
export { type FakeClock, fakeClock } from "./clock.ts";
export {
  assertBizError,
  assertMetadata,
  assertRpcError,
  collect,
  type Collected,
  type ExpectedBizError,
  type ExpectedRpcError,
} from "./assert.ts";
