import { assertEquals } from "@std/assert";
import { withNearMisses } from "./clients.ts";
import { parseConfig } from "./parse.ts";

async function watched(...services: string[]) {
  const lines = services.map((service) => `    ${service}: { timeout: 500 }\n`).join("");
  const source = `kitex:\n  service: a\n  address: :1\ndinokit:\n  clients:\n${lines}`;
  const { dinokit } = await parseConfig(source, "conf.yaml", "test");
  const warnings: string[] = [];
  return { clients: withNearMisses(dinokit.clients!, "conf.yaml", (message) => warnings.push(message)), warnings };
}

Deno.test("withNearMisses() warns once when a program uses a service that is misspelt in the file", async () => {
  for (const misspelt of ["ecoservice", "echoservise", "echo-service", "EchoService", "ehcoservice"]) {
    const { clients, warnings } = await watched(misspelt);
    assertEquals({ ...clients.echoservice }, {});
    assertEquals({ ...clients.echoservice }, {});
    assertEquals(warnings, [
      `conf.yaml: dinokit.clients has no "echoservice", which the program asks for; is "${misspelt}" meant for it?`,
    ]);
  }
});

Deno.test("withNearMisses() is silent about services that are there, and about others", async () => {
  const { clients, warnings } = await watched("order-service", "cart");
  assertEquals(clients["order-service"], { timeout: 500 });
  assertEquals(clients["cart"], { timeout: 500 });
  for (const name of ["user-service", "billing", "card", "toString", "constructor", "__proto__"]) void clients[name];
  assertEquals(Object.keys(clients), ["order-service", "cart"]);
  assertEquals({ ...clients }.cart, { timeout: 500 });
  assertEquals(Object.isFrozen(clients), true);
  assertEquals(warnings, []);
});
