import { assert, assertEquals } from "@std/assert";
import { createLogger, createServer } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";
import * as h2 from "./wire.ts";

const STREAMS = 8;
/** All but a few octets of a stream's first window. */
const FRAMES = 15, FRAME_BYTES = 16_380;
/** A message of nothing is its prefix. */
const MESSAGES = STREAMS * FRAMES * FRAME_BYTES / 5;

needs(
  [{ name: "net" }],
  "handlers that take very many messages at once let timers and other calls have their turns",
  async () => {
    const open = Promise.withResolvers<void>();
    let begun = 0, taken = 0;
    await using server = createServer({
      name: "kinds",
      address: "127.0.0.1:0",
      logger: createLogger("silent"),
      drainTimeout: 0,
    });
    server.add(Kinds, {
      ...kindsHandlers([]),
      async clientStream(requests) {
        begun++;
        await open.promise;
        for await (const _ of requests) taken++;
        return {};
      },
    });
    await server.start();
    using wire = await h2.Wire.connect(server.address);
    const streams = Array.from({ length: STREAMS }, (_, i) => 1 + 2 * i);
    for (const stream of streams) await wire.send(h2.headers(stream, h2.request("/dinokit.test.Kinds/ClientStream")));
    for (let i = 1; i <= FRAMES; i++) {
      const flags = i === FRAMES ? h2.END_STREAM : 0;
      for (const stream of streams) await wire.send(h2.data(stream, new Uint8Array(FRAME_BYTES), flags));
    }
    await wire.send(h2.frame(h2.PING, 0, 0, new Uint8Array(8)));
    await wire.until(({ frames }) => frames.some(({ type }) => type === h2.PING), "the server has read all");
    await until(() => begun === STREAMS, "the handlers have begun");

    open.resolve();
    const before: number[] = [];
    const ticks = setInterval(() => before.push(taken), 0);
    await Promise.all(streams.map((stream) => wire.answer(stream, 60_000)));
    clearInterval(ticks);
    assertEquals(taken, MESSAGES);
    assert(before.some((count) => count > 0 && count < MESSAGES / 2), `timers rang after ${before} messages`);
  },
);
