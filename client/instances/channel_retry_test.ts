import { assert, assertEquals } from "@std/assert";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { withFakeTime } from "../../tests/fake_time.ts";
import { BALANCERS, instance, setUp, waited } from "../../tests/test_channel.ts";
import type { Subchannel } from "./subchannel.ts";

Deno.test("a retry goes to another instance if there is one", () =>
  withFakeTime(async (pass) => {
    for (const balancer of BALANCERS) {
      const { channel, list, call } = setUp({ balancer, hashKey: "user" });
      list("memory:a", "memory:b", "memory:c");
      await waited(channel, pass);
      await pass(2);
      for (let i = 0; i < 20; i++) {
        const avoid = new Set([channel.pick({ hashKey: "42" })!]);
        for (let left = 2; left > 0; left--) {
          const other = channel.pick({ avoid, hashKey: "42" })!;
          assert(!avoid.has(other), balancer);
          avoid.add(other);
        }
        call(undefined, avoid); // all were tried: any
      }
      await channel.close();
    }
  }));

Deno.test("retries do not use up the turns of healthy instances", () =>
  withFakeTime(async (pass) => {
    const { channel, list, call } = setUp({ outliers: false });
    list("memory:a", "memory:b");
    await waited(channel, pass);
    await pass(2);
    let failed = 0;
    for (let i = 0; i < 200; i++) {
      const one = channel.pick({})!;
      one.ended(one.start({ path: "/a.B/C", metadata: new Metadata() }), Status.OK);
      if (one.instance.address !== "memory:a") continue;
      failed++;
      assertEquals(call(undefined, new Set([one])), "memory:b");
    }
    assertEquals(failed, 100);
    await channel.close();
  }));

Deno.test("a retry goes to another zone when all local instances have been tried; first attempts do not", () =>
  withFakeTime(async (pass) => {
    for (const balancer of BALANCERS) {
      const { channel, tell, call } = setUp({ balancer, hashKey: "user", zone: "here" });
      const at = (address: string, zone: string) => instance(address, { tags: new Map([["zone", zone]]) });
      tell({ instances: [at("memory:a", "here"), at("memory:b", "here"), at("memory:c", "there")] });
      await waited(channel, pass);
      await pass(2);
      for (let i = 0; i < 20; i++) assert(call() !== "memory:c", balancer);
      const own = new Set(["memory:a", "memory:b"]);
      const avoid = new Set<Subchannel>();
      while (avoid.size < 2) {
        const one = channel.pick({ avoid, hashKey: "42" })!;
        assert(own.delete(one.instance.address), balancer);
        avoid.add(one);
      }
      assertEquals(call(undefined, avoid), "memory:c", balancer);
      for (let i = 0; i < 20; i++) assert(call() !== "memory:c", balancer);
      await channel.close();
    }
  }));
