import { assertEquals, assertStringIncludes } from "@std/assert";
import { dinokit, startDinokit } from "../cli/dinokit.ts";
import { needs } from "../needs.ts";
import { PEER_PERMISSIONS, startPeer } from "./peers.ts";

needs(PEER_PERMISSIONS, "dinokit calls and describes a grpc-go server through its reflection", async () => {
  await using server = await startPeer("grpcgo_server");
  const { address } = server;
  const method = (name: string) => `dinokit.test.Kinds/${name}`;
  const [list, describe, health, unary, many, failed, missing] = await Promise.all([
    dinokit(["list", address]),
    dinokit(["describe", address, "dinokit.test.Msg", method("Bidi")]),
    dinokit(["health", address]),
    dinokit(["call", address, method("Unary"), '{"text":"hi","data":"AQI="}', "-v", "-H", "x-trail: t"]),
    dinokit(["call", address, method("ClientStream"), "-"], { stdin: '{"text":"a"}{"text":"b"}' }),
    dinokit(["call", address, method("ServerStream"), '{"text":"fail:9:not now","count":1}']),
    dinokit(["call", address, method("Nothing")]),
  ]);
  assertEquals(list.stdout.split("\n").filter((name) => !name.includes("reflection")), [
    "dinokit.test.Kinds",
    "grpc.health.v1.Health",
    "",
  ]);
  assertStringIncludes(describe.stdout, "message Msg {\n  string text = 1;");
  assertStringIncludes(describe.stdout, "rpc Bidi(stream dinokit.test.Msg) returns (stream dinokit.test.Msg);");
  assertEquals(health.stdout, "SERVING\n");
  assertEquals(unary.stdout, '{"text":"hi","data":"AQI="}\n');
  assertStringIncludes(unary.stderr, "x-trail: t");
  assertEquals(many.stdout, '{"text":"a,b","count":2}\n');
  assertEquals([failed.code, failed.stdout.split("\n").length], [73, 2]);
  assertStringIncludes(failed.stderr, "error: FAILED_PRECONDITION: not now");
  assertEquals(missing.code, 1);

  await using call = startDinokit(["call", address, method("Bidi"), "-"]);
  for (const text of ["a", "b"]) {
    await call.tell(`{"text":"${text}"}`);
    assertEquals(await call.line(), `{"text":"${text}"}`);
  }
});

needs(PEER_PERMISSIONS, "dinokit suggests a remedy for a server without reflection, such as Kitex's", async () => {
  await using server = await startPeer("kitex_server");
  const call = ["call", server.address, "echo.EchoService/Echo", '{"mes":"hi"}'];
  const { code, stderr } = await dinokit(call);
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, "next:  the same with --proto FILE.proto");
  assertEquals((await dinokit([...call, "--proto", "proto/echo.proto"])).stdout, '{"resp":"hi"}\n');
});
