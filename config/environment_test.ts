import { assertEquals, assertThrows } from "@std/assert";
import { chooseEnvironment, ours } from "./environment.ts";

Deno.test("chooseEnvironment() prefers the option", () => {
  assertEquals(chooseEnvironment("dev", "loadConfig"), { env: "dev", from: 'the option "env"', unread: [] });
});

Deno.test("chooseEnvironment() rejects names that lead out of the folder", () => {
  for (const name of ["", ".", "..", "../secret", "a/b", "a\\b", ".git", "a\0"]) {
    assertThrows(
      () => chooseEnvironment(name, "loadConfig"),
      TypeError,
      `loadConfig: the option "env" is ${JSON.stringify(name)}; use the name of a folder, for example "test"`,
    );
  }
});

Deno.test("ours() keeps the variables that begin like ours, misspelt ones too", () => {
  const variables = { DINOKIT_KITEX_ADDRESS: "a", DINOKIT_KITEX_PORT: "b", DINOKITS: "c", PATH: "d" };
  assertEquals(ours(variables), { DINOKIT_KITEX_ADDRESS: "a", DINOKIT_KITEX_PORT: "b" });
});

Deno.test("ours() leaves out the variables that Kubernetes sets for services with the same name prefix", () => {
  const cluster = {
    DINOKIT_SERVICE_HOST: "10.0.0.1",
    DINOKIT_SERVICE_PORT_GRPC: "8888",
    DINOKIT_PORT: "tcp://10.0.0.1:8888",
    DINOKIT_PORT_8888_TCP_ADDR: "10.0.0.1",
    DINOKIT_ECHO_SERVICE_HOST: "10.0.0.2",
    DINOKIT_ECHO_PORT_8888_TCP: "tcp://10.0.0.2:8888",
  };
  assertEquals(ours({ ...cluster, DINOKIT_KITEX_SERVICE: "echo" }), { DINOKIT_KITEX_SERVICE: "echo" });
});
