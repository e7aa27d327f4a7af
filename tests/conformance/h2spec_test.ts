import { assert, assertEquals } from "@std/assert";
import { runH2spec } from "./h2spec.ts";
import { startServer } from "./server.ts";
import { onEachTransport, STRICT } from "./transports.ts";

/** How many cases h2spec 2.2.1 has in these parts, the strict ones included. */
const CASES = 146;

for (const tls of [false, true]) {
  onEachTransport(
    `server: h2spec ${tls ? "over TLS" : "in plaintext"}, every case where the wire is ours`,
    async (transport) => {
      await using peer = await startServer(transport, { tls });
      const { cases, failed, skipped } = await runH2spec(peer.address, tls);
      assertEquals(cases, CASES, "the report is not whole");
      const passed = cases - failed.length - skipped.length;
      const summary = `${passed} of ${cases} passed, ${failed.length} failed, ${skipped.length} skipped`;
      if (STRICT.includes(transport)) assertEquals([...failed, ...skipped], [], summary);
      else {
        console.log(summary);
        assert(passed > CASES / 2, `${summary}:\n${failed.join("\n")}`);
      }
    },
  );
}
