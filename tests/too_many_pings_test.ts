import { assertEquals, assertRejects } from "@std/assert";
import { createClient, RpcError, Status } from "../mod.ts";
import { ErrorCode } from "../transport/http2/protocol/error.ts";
import { FrameType, PREFACE } from "../transport/http2/protocol/frame.ts";
import { framesOf, goAway, settings } from "./http2_peer.ts";
import { needs } from "./needs.ts";
import { recordingLogger, until } from "./observe.ts";
import { Kinds } from "./proto/kinds.ts";

needs(
  [{ name: "net" }],
  "a client that got too_many_pings logs it, and its next connections probe a silent server with SETTINGS",
  async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    /** The types of the frames that the second connection got. */
    let types: number[] = [];
    const serving = (async () => {
      const first = await listener.accept();
      await first.write(settings());
      await read(first, (types) => types.includes(FrameType.HEADERS));
      await first.write(goAway(1, ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings"));
      await first.closeWrite();
      await read(first, () => false);
      first.close();
      const second = await listener.accept();
      await second.write(settings());
      await read(second, (now) => (types = now, false));
      second.close();
      listener.close();
    })();
    const logger = recordingLogger();
    {
      await using client = createClient(Kinds, { address: `127.0.0.1:${listener.addr.port}`, logger, drainTimeout: 0 });
      const lost = await assertRejects(() => client.unary({}), RpcError);
      assertEquals(lost.code, Status.UNAVAILABLE);
      void client.unary({}).catch(() => {});
      // Its own, its acknowledgement, its question.
      await until(() => types.filter((type) => type === FrameType.SETTINGS).length === 3, "it asks by SETTINGS");
      assertEquals(types.includes(FrameType.PING), false);
    }
    await serving;
    assertEquals(logger.lines.filter((line) => line.includes("too many PINGs")), [
      "warn: a server got too many PINGs: new connections wait longer (limits.keepaliveInterval)",
    ]);
  },
);

/** Reads from a client until it has sent enough, or hangs up. */
async function read(conn: Deno.Conn, enough: (types: number[]) => boolean): Promise<void> {
  const buf = new Uint8Array(10_000);
  for (let end = 0, n; (n = await conn.read(buf.subarray(end))) !== null;) {
    end += n;
    if (enough([...framesOf(buf.subarray(PREFACE.length, end))].map(([type]) => type))) return;
  }
}
