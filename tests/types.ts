/**
 * What TypeScript knows of a service by its definition alone. `deno check` is the test: each line that must not fit
 * says so.
 *
 * @module
 */

import { type Client, type ClientOptions, createClient, createServer, type Fallbacks, type Handlers } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { testPair } from "../testing/mod.ts";
import { Kinds } from "./proto/kinds.ts";

export async function types(): Promise<void> {
  const handlers: Handlers<typeof EchoService> = { echo: ({ mes }) => ({ resp: mes.toUpperCase() }) };
  const fallback: Fallbacks<typeof EchoService> = { echo: (_, { mes }) => ({ resp: mes }) };
  const server = createServer({ name: "echo", address: "memory:echo" });
  server.add(EchoService, handlers);
  server.add(EchoService, { echo: ({ mes }) => ({ resp: mes.toUpperCase() }) });
  // @ts-expect-error -- the handler is missing
  server.add(EchoService, {});
  // @ts-expect-error -- the handler of another method
  server.add(EchoService, { ...handlers, ecko: () => ({}) });
  // @ts-expect-error -- a response of another type
  server.add(EchoService, { echo: () => ({ resp: 7 }) });

  const client: Client<typeof EchoService> = createClient(EchoService, { address: "memory:echo", fallback });
  // @ts-expect-error -- the client of another service
  const other: Client<typeof Kinds> = client;
  // @ts-expect-error -- a fallback for no method
  const wrong: ClientOptions<typeof EchoService> = { fallback: { ecko: () => ({}) } };
  const any: ClientOptions = wrong;
  createClient(Kinds, any);
  // @ts-expect-error -- a request of another type
  await other.echo({ mes: 7 });

  await using kinds = await testPair(Kinds, { unary: ({ text }) => ({ text: text.toUpperCase() }) });
  for (const call of kinds.calls) if (call.handler === "bidi") console.log(call.requests[0]!.text);
  // @ts-expect-error -- no such handler
  kinds.calls.filter((call) => call.handler === "both");
  const text: string = (await kinds.client.unary({ text: "" })).text;
  // @ts-expect-error -- not a number
  const number: number = text;
  console.log(number);
}
