import { assertEquals } from "@std/assert";
import { typedTarget } from "./typed_target.ts";

Deno.test("typedTarget() keeps the flags that lead to a server, to its schema and to Consul", () => {
  assertEquals(typedTarget("127.0.0.1:1", { tls: true, serverName: "a b", consul: "127.0.0.1:2" }), {
    server: "127.0.0.1:1 --tls --server-name 'a b'",
    schema: "127.0.0.1:1 --tls --server-name 'a b'",
  });
  assertEquals(typedTarget("consul:a", { proto: ["a.proto", "b.proto"], include: ["$x"], datacenter: "dc2" }), {
    server: "consul:a",
    schema: "--proto a.proto --proto b.proto --include '$x'",
    consul: "--consul 127.0.0.1:8500 --datacenter dc2",
  });
  assertEquals(
    typedTarget("consul:a", { consul: "[::1]:1", consulTokenFile: "t" }).server,
    "consul:a --consul [::1]:1 --consul-token-file t",
  );
  assertEquals(typedTarget(undefined, { consul: true }).consul, "--consul 127.0.0.1:8500");
});
