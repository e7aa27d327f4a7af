import { assertEquals } from "@std/assert";
import { RpcError, Status } from "../../mod.ts";
import { ConnectError } from "../../transport/connect_error.ts";
import { callFailure } from "./call_failure.ts";

const PLACE = { server: "127.0.0.1:1 --tls", schema: "--proto a.proto" };

Deno.test("callFailure() reports Ctrl-C in the same words at every moment of a call", () => {
  const { reason } = AbortSignal.abort();
  for (const error of [reason, new RpcError(Status.CANCELLED, "the caller gave up", { cause: reason })]) {
    assertEquals(callFailure(error, PLACE).message, "CANCELLED: interrupted");
  }
  assertEquals(callFailure(new RpcError(Status.CANCELLED, "by the server"), PLACE).message, "CANCELLED: by the server");
});

Deno.test("callFailure() replaces the kit's option names with flags, and keeps a server's text unchanged", () => {
  const cause = new ConnectError("tls", ({ tls }) => `127.0.0.1:1 speaks TLS; set ${tls}`);
  const text = cause.message;
  const own = callFailure(new RpcError(Status.UNAVAILABLE, text, { cause }), PLACE);
  assertEquals([own.message, own.next], ["UNAVAILABLE: 127.0.0.1:1 speaks TLS; set --tls", undefined]);
  const other = callFailure(new RpcError(Status.UNAVAILABLE, text), PLACE);
  assertEquals([other.message, other.next], [`UNAVAILABLE: ${text}`, "dinokit health 127.0.0.1:1 --tls"]);
});
