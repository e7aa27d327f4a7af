import { assertEquals } from "@std/assert";
import { PEER_PERMISSIONS } from "../interop/peers.ts";
import { needs } from "../needs.ts";
import { runConformance } from "./connect/runner.ts";

/**
 * How many cases connectconformance 1.0.7 has for gRPC with TLS, client certificates, gzip, deflate and message limits.
 */
const CASES = { server: 747, client: 857 } as const;

for (const side of ["server", "client"] as const) {
  needs(PEER_PERMISSIONS, `connectconformance: every case of gRPC against the ${side}`, async () => {
    const { code, stdout, stderr } = await runConformance(side, "http2");
    const [summary, ...figures] = /Total cases: (\d+)\n(\d+) passed, (\d+) failed/.exec(stdout + stderr) ?? [];
    console.log(summary ?? "connectconformance came to no end");
    assertEquals(
      [...figures, code],
      [String(CASES[side]), String(CASES[side]), "0", 0],
      (stdout + stderr).slice(-20_000),
    );
  });
}
