import { assert } from "@std/assert";
import { needs } from "../needs.ts";
import { overload } from "./overload.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "run" }, { name: "read", path: "/proc" }];
/** As many as the server can serve on a machine of its own, and five times what it could serve on this one. */
const RATES = [500, "5x"] as const;
const TIMES = { timeout: 500, warmup: 2, seconds: 2 };

if (Deno.build.os === "linux") {
  needs(
    PERMISSIONS,
    "five times too many calls that compute: the server's time goes to calls that end in time",
    async () => {
      const [few, many] = await overload("cpu", {}, RATES, TIMES);
      // For each second of its processor, as others use this machine too.
      const share = many!.perCpuSecond / few!.perCpuSecond;
      const text = Deno.inspect([few, many]);
      assert(share > 0.5, `${share} of the calls for each second of the processor: ${text}`);
      assert(many!.refused > many!.offered / 2, `most are refused: ${text}`);
      assert(many!.p50 < 300 && many!.others === 0, text);
      assert(many!.late < many!.goodput / 2, `calls are served in vain: ${text}`);
    },
  );

  needs(PERMISSIONS, "five times too many calls that wait for a pool: those that are taken end in time", async () => {
    const [few, many] = await overload("pool", { concurrency: { limit: "adaptive" } }, RATES, TIMES);
    const text = Deno.inspect([few, many]);
    assert(many!.goodput > 0.5 * few!.goodput && many!.refused > many!.offered / 2, text);
    assert(many!.p50 < 300 && many!.others === 0, text);
  });
}
