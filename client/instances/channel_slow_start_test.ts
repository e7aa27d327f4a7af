import { assert, assertEquals } from "@std/assert";
import { Status } from "../../rpc/status.ts";
import { withFakeTime } from "../../tests/fake_time.ts";
import { setUp, waited } from "../../tests/test_channel.ts";
import { NEW_INSTANCE_SPREAD_MS, RECONNECT_SPREAD_MS } from "./connector.ts";

Deno.test("new and recovered instances have a slow start; those of the first list have none, nor after a lost connection", () =>
  withFakeTime(async (pass) => {
    const { channel, list, lose, call, manners } = setUp({ slowStart: 10_000 });
    const weight = (name: string) => channel.state().instances.find(({ address }) => address === name)!.effectiveWeight;
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    lose("memory:a");
    await pass(RECONNECT_SPREAD_MS + 2);
    assertEquals([weight("memory:a"), weight("memory:b")], [10, 10]);
    list("memory:a", "memory:b", "memory:c");
    await pass(NEW_INSTANCE_SPREAD_MS + 2);
    assertEquals(weight("memory:c"), 1);
    await pass(5000);
    assert(Math.abs(weight("memory:c") - 5) < 0.3, `${weight("memory:c")}`);
    await pass(5100);
    assertEquals(weight("memory:c"), 10);

    for (let i = 0; i < 15; i++) call((address) => address === "memory:b" ? Status.INTERNAL : Status.OK);
    await pass(5000);
    assertEquals(call(), "memory:b"); // its probe
    assertEquals(weight("memory:b"), 1);
    manners.set("memory:a", "refuses");
    lose("memory:a");
    await pass(RECONNECT_SPREAD_MS + 2);
    manners.clear();
    await pass(5000);
    assert(weight("memory:a") < 6);
    await channel.close();
  }));
