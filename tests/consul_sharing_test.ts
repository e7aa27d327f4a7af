import { assert, assertEquals } from "@std/assert";
import { entry, fakeConsul, hang, list, watching } from "./fake_consul.ts";
import { needs } from "./needs.ts";
import { until } from "./observe.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const turn = () => new Promise<void>((done) => setTimeout(done));

needs(
  NET,
  "consul() watches a service once for all clients of the process, and gives a new client the known list at once",
  async () => {
    await using server = fakeConsul((_, n) => n === 1 ? list(7, entry(1)) : hang());
    const token = () => "3b0e9f6c";
    using one = watching(server.address, { token });
    await until(() => server.requests.length === 2, "a query waits");
    using two = watching(server.address, { token, wait: 60_000 }); // the default
    await turn();
    assertEquals([one.told, two.told], [["127.0.0.1:1"], ["127.0.0.1:1"]]);
    assertEquals(two.watch.state!.queries, 2);
    one.watch.close();
    using three = watching(server.address, { token });
    await turn();
    assertEquals(three.told, ["127.0.0.1:1"]);
    assertEquals(server.requests.length, 2, "nothing was asked for the others");
  },
);

needs(NET, "consul() keeps separate watches for different queries", async () => {
  await using server = fakeConsul((_, n) => n <= 5 ? list(n, entry(n)) : hang());
  using _plain = watching(server.address);
  using _token = watching(server.address, { token: "3b0e9f6c" });
  using _read = watching(server.address, { token: () => "3b0e9f6c" });
  using _again = watching(server.address, { token: () => "3b0e9f6c" });
  using _datacenter = watching(server.address, { datacenter: "dc2" });
  await until(() => server.requests.length >= 5, "five first queries");
  assertEquals(server.indexes().filter((index) => index === null).length, 5);
});

needs(NET, "close() of a service's last watch cancels its query at once", async () => {
  let cancelled = 0;
  await using server = fakeConsul((request, n) => {
    if (n === 1) return list(7, entry(1));
    request.signal.addEventListener("abort", () => cancelled++);
    return hang();
  });
  const one = watching(server.address);
  const two = watching(server.address);
  await until(() => server.requests.length === 2, "a query waits");
  one.watch.close();
  await new Promise((done) => setTimeout(done, 50));
  assertEquals(cancelled, 0);
  const start = performance.now();
  two.watch.close();
  await until(() => cancelled === 1, "the query is cancelled");
  assert(performance.now() - start < 5000); // it would wait for a minute
});
