import { assertEquals } from "@std/assert";
import type { Service } from "../rpc/service.ts";
import { findCalled } from "./called_service.ts";
import { schemaWith } from "./own_sections.ts";
import { parseSettings } from "./parse.ts";

/** Finds a service in settings whose own service is `shop`, with these lines below `dinokit.clients`. */
async function found(typeName: string, ...lines: string[]) {
  const clients = lines.length > 0 ? `dinokit:\n  clients:\n${lines.map((line) => `    ${line}\n`).join("")}` : "";
  const text = `kitex:\n  service: shop\n  address: ":1"\n${clients}`;
  const { config, names } = await parseSettings(text, "conf.yaml", "test", {}, schemaWith("configure"));
  const called = findCalled(config, names, { typeName } as Service);
  return "message" in called ? `${called.line ?? ""}:${called.column ?? ""}: ${called.message}` : called.name;
}

Deno.test("a service is found by the services of an entry, with or without its package", async () => {
  assertEquals(await found("shop.Product", "a: { services: [shop.Product] }", "product:"), "a");
  assertEquals(await found("shop.Product", "a: { services: [Product] }", "product:"), "a");
  assertEquals(await found("shop.Product", "a: { services: [Product] }", "b: { services: [shop.Product] }"), "b");
});

Deno.test("a service is found by its name, apart from case and signs, unless the entry names its services", async () => {
  for (const name of ["shop.OrderService", "OrderService", "orderservice", "order-service", "order_service"]) {
    assertEquals(await found("shop.OrderService", `${name}:`), name);
  }
  assertEquals(await found("shop.OrderService", "orderservice:", "shop.OrderService:"), "shop.OrderService");
  assertEquals(await found("b.Order", "order: { services: [a.Order] }", "b.Order:"), "b.Order");
  assertEquals(await found("any.Shop"), "shop");
  assertEquals(await found("Shop"), "shop");
});

Deno.test("a service with no entry, a misspelt one or two is a problem with a remedy", async () => {
  const none = "no entry of dinokit.clients is for shop.OrderService";
  assertEquals(
    await found("shop.OrderService"),
    `:: ${none}; add one below the service's name in the registry, such as ` +
      `"orderservice: { services: [shop.OrderService] }", or give createClient the option "name"`,
  );
  assertEquals(
    await found("shop.OrderService", "oderservice: { timeout: 5 }"),
    `6:5: ${none}; is dinokit.clients.oderservice meant for it?`,
  );
  assertEquals(
    await found("shop.OrderService", "x:", "orders: { services: [shop.OrderServise] }"),
    `7:5: ${none}; is dinokit.clients.orders with services: [shop.OrderServise] meant for it?`,
  );
  assertEquals(
    await found("shop.OrderService", "a: { services: [OrderService] }", "b: { services: [OrderService] }"),
    ':: dinokit.clients.a and dinokit.clients.b are for shop.OrderService; give createClient the option "name"',
  );
  assertEquals((await found("constructor")).includes("no entry"), true);
});
