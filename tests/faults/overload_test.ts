import { AssertionError } from "@std/assert";
import { needs } from "../needs.ts";
import { type Measured, overload } from "./overload.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "net" }, { name: "run" }, { name: "read", path: "/proc" }];
/** As many as the server can serve on a machine of its own, and five times what it could serve on this one. */
const RATES = [500, "5x"] as const;
const TIMES = { timeout: 500, warmup: 2, seconds: 2 };

/** How often a load is tried: where another process takes the processor for a while, calls are late on either side. */
const TRIES = 3;

/** Runs both rates until they meet a condition. Fails with the figures of all tries. */
async function achieves(
  load: () => Promise<Measured[]>,
  isMet: (few: Measured, many: Measured) => boolean,
): Promise<void> {
  const tries: Measured[][] = [];
  while (tries.length < TRIES) {
    const [few, many] = await load();
    if (isMet(few!, many!)) return;
    tries.push([few!, many!]);
  }
  throw new AssertionError(Deno.inspect(tries, { depth: 3 }));
}

if (Deno.build.os === "linux") {
  needs(
    PERMISSIONS,
    "five times too many calls that compute: the server's time goes to calls that end in time",
    () =>
      achieves(() => overload("cpu", {}, RATES, TIMES), (few, many) =>
        // For each second of its processor, as others use this machine too.
        many.perCpuSecond > 0.5 * few.perCpuSecond && many.refused > many.offered / 2 && many.p50 < 300 &&
        many.others === 0),
  );

  needs(
    PERMISSIONS,
    "five times too many calls that wait for a pool: accepted calls end in time",
    () =>
      achieves(
        () => overload("pool", { concurrency: { limit: "adaptive" } }, RATES, TIMES),
        (few, many) =>
          many.goodput > 0.5 * few.goodput && many.refused > many.offered / 2 && many.p50 < 300 && many.others === 0,
      ),
  );
}
