import { assertEquals } from "@std/assert";
import { needs } from "../needs.ts";
import { Msg } from "../proto/kinds.ts";
import { siege, SIEGE_PERMISSIONS } from "./siege.ts";
import * as h2 from "./wire.ts";

const UNARY = "/dinokit.test.Kinds/Unary";
const STREAM = "/dinokit.test.Kinds/ClientStream";

/** One step of a flood: what is sent, the `n`th time. Streams have the odd numbers from 3 on. */
type Step = (stream: number, n: number) => readonly Uint8Array[];

const open = (stream: number) => h2.headers(stream, h2.request(STREAM));
const complete = (stream: number) => [
  h2.headers(stream, h2.request(UNARY)),
  h2.data(stream, h2.message(new Uint8Array())),
];

const hanging = (stream: number) => [
  h2.headers(stream, h2.request(UNARY)),
  h2.data(stream, h2.message(Msg.encode({ text: "hang" }))),
];

/** Each flood, and the limits of which one must be counted. */
const FLOODS: Record<string, { step: Step; hits: string[]; first?: Uint8Array }> = {
  "rapid reset": {
    step: (stream) => [open(stream), h2.frame(h2.RST_STREAM, 0, stream, h2.uint32(h2.CANCEL))],
    hits: ["resets"],
  },
  "rapid reset of whole calls": {
    step: (stream) => [...complete(stream), h2.frame(h2.RST_STREAM, 0, stream, h2.uint32(h2.CANCEL))],
    hits: ["resets"],
  },
  "MadeYouReset by WINDOW_UPDATE 0": {
    step: (stream) => [open(stream), h2.frame(h2.WINDOW_UPDATE, 0, stream, h2.uint32(0))],
    hits: ["resets"],
  },
  "MadeYouReset by a window over 2^31-1": {
    step: (stream) => [open(stream), h2.frame(h2.WINDOW_UPDATE, 0, stream, h2.uint32(0x7fff_ffff))],
    hits: ["resets"],
  },
  "MadeYouReset by DATA behind the end": {
    step: (stream) => [...hanging(stream), h2.data(stream, h2.message(new Uint8Array()))],
    hits: ["resets"],
  },
  "MadeYouReset by malformed fields": {
    step: (stream) => [h2.headers(stream, h2.request(UNARY, { "transfer-encoding": "chunked" }))],
    hits: ["resets"],
  },
  "refused streams": {
    step: (stream) => [open(stream)],
    hits: ["resets", "concurrentStreams"],
  },
  "PING": { step: () => [h2.frame(h2.PING, 0, 0, new Uint8Array(8))], hits: ["controlFrames", "pingInterval"] },
  "PING ACK": { step: () => [h2.frame(h2.PING, h2.ACK, 0, new Uint8Array(8))], hits: ["controlFrames"] },
  "SETTINGS": { step: () => [h2.settings()], hits: ["controlFrames"] },
  "SETTINGS with values": {
    step: (_, n) => [h2.settings({ 1: n % 4096, 4: 65_535 - n % 2, 5: 16_384 })],
    hits: ["controlFrames"],
  },
  "PRIORITY": {
    step: (stream) => [h2.frame(h2.PRIORITY, 0, stream, new Uint8Array(5))],
    hits: ["controlFrames"],
  },
  "WINDOW_UPDATE": { step: () => [h2.frame(h2.WINDOW_UPDATE, 0, 0, h2.uint32(1))], hits: ["controlFrames"] },
  "WINDOW_UPDATE on a stream": {
    first: open(1),
    step: () => [h2.frame(h2.WINDOW_UPDATE, 0, 1, h2.uint32(1))],
    hits: ["controlFrames"],
  },
  "empty DATA": { first: open(1), step: () => [h2.frame(h2.DATA, 0, 1)], hits: ["controlFrames"] },
  "padded empty DATA": {
    first: open(1),
    step: () => [h2.frame(h2.DATA, 8, 1, new Uint8Array([3, 0, 0, 0]))],
    hits: ["controlFrames"],
  },
  "unknown frames": { step: () => [h2.frame(0xbe, 0, 0, new Uint8Array(8))], hits: ["controlFrames"] },
  "RST_STREAM of closed streams": {
    first: h2.join(...complete(1)),
    step: () => [h2.frame(h2.RST_STREAM, 0, 1, h2.uint32(h2.CANCEL))],
    hits: ["controlFrames", "resets"],
  },
};

/** Steps a flood goes on for at most. */
const STEPS = 100_000;

async function flood(wire: h2.Wire, step: Step, first?: Uint8Array): Promise<void> {
  if (first) await wire.send(first);
  for (let n = 0; n < STEPS && !wire.isClosed;) {
    const parts: Uint8Array[] = [];
    for (const end = n + 500; n < end; n++) parts.push(...step(2 * n + 3, n));
    if (!await wire.send(...parts)) break;
  }
}

for (const [name, { step, hits, first }] of Object.entries(FLOODS)) {
  needs(SIEGE_PERMISSIONS, `a flood of ${name} ends with ENHANCE_YOUR_CALM`, async () => {
    await siege(async ({ address }) => {
      using wire = await h2.Wire.connect(address);
      await flood(wire, step, first);
      await wire.until(({ goaway }) => goaway, "GOAWAY");
      assertEquals(wire.goaway!.code, h2.ENHANCE_YOUR_CALM, wire.goaway!.text);
      await wire.closed;
    }, { hits });
  });
}

for (const name of ["PING", "SETTINGS", "rapid reset", "unknown frames"]) {
  needs(SIEGE_PERMISSIONS, `a flood of ${name} by a peer that never reads takes no memory`, async () => {
    await siege(async ({ address }) => {
      using wire = await h2.Wire.connect(address, undefined, { reading: false });
      await flood(wire, FLOODS[name]!.step);
    }, { hits: FLOODS[name]!.hits });
  });
}

needs(SIEGE_PERMISSIONS, "a CONTINUATION flood ends with ENHANCE_YOUR_CALM", async () => {
  for (const payload of [new Uint8Array(), h2.block([["x-a", "b".repeat(1000)]])]) {
    await siege(async ({ address }) => {
      using wire = await h2.Wire.connect(address);
      await wire.send(h2.headers(1, h2.request(UNARY), 0));
      await flood(wire, () => [h2.frame(h2.CONTINUATION, 0, 1, payload)]);
      await wire.until(({ goaway }) => goaway, "GOAWAY");
      assertEquals(wire.goaway!.code, h2.ENHANCE_YOUR_CALM, wire.goaway!.text);
      await wire.closed;
    }, { hits: ["headerBlockFrames", "metadataBytes"] });
  }
});

needs(SIEGE_PERMISSIONS, "pings without calls, more often than allowed, end with too_many_pings", async () => {
  await siege(async ({ address }) => {
    using wire = await h2.Wire.connect(address);
    for (let n = 0; n < 10 && !wire.goaway; n++) {
      await wire.send(h2.frame(h2.PING, 0, 0, new Uint8Array(8)));
      await new Promise((done) => setTimeout(done, 20));
    }
    await wire.until(({ goaway }) => goaway, "GOAWAY");
    assertEquals([wire.goaway!.code, wire.goaway!.text], [h2.ENHANCE_YOUR_CALM, "too_many_pings"]);
    await wire.closed;
  }, { hits: ["pingInterval"] });
});

needs(SIEGE_PERMISSIONS, "normal traffic hits no limit", async () => {
  const { hits } = await siege(async ({ address }) => {
    using wire = await h2.Wire.connect(address);
    const calls = 20_000;
    for (let n = 0; n < calls; n += 50) {
      const parts: Uint8Array[] = [];
      for (let i = n; i < n + 50; i++) {
        // Each reply is acknowledged with a window of its own, and one call in 50 is given up.
        parts.push(...complete(2 * i + 1), h2.frame(h2.WINDOW_UPDATE, 0, 0, h2.uint32(10)));
        if (i % 50 === 0) parts.push(h2.frame(h2.RST_STREAM, 0, 2 * i + 1, h2.uint32(h2.CANCEL)));
      }
      await wire.send(...parts);
      const last = 2 * (n + 49) + 1;
      await wire.until(
        ({ frames }) => frames.findLast((one) => one.stream === last && one.flags & h2.END_STREAM),
        "all",
      );
    }
    assertEquals(wire.goaway, undefined);
  });
  assertEquals(hits, {});
});
