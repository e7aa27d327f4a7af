import { assertEquals } from "@std/assert";
import { data, Peer, ping, pong as answer, RESPONSE, settingsAck, windowUpdate } from "../../../tests/http2_peer.ts";
import { FrameType } from "../protocol/frame.ts";
import { seeded } from "../../../tests/random.ts";
import { PingPurpose } from "./pings.ts";

const PING = "PING 0400000000000000";
const pong = () => answer(PingPurpose.Silence);

/** A client with an open stream, which the server has answered. */
function setUp() {
  const peer = Peer.ready("client");
  peer.open();
  peer.sent();
  const asks = () => {
    peer.connection.pings.ask();
    return peer.sent();
  };
  return { peer, pings: peer.connection.pings, asks };
}

Deno.test("a client probes with two PINGs, then with SETTINGS until the server sends HEADERS or DATA", () => {
  const { peer, asks } = setUp();
  assertEquals([asks(), asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS", "SETTINGS"]);
  peer.give(pong(), pong());
  assertEquals(asks(), ["SETTINGS"]);
  peer.give(peer.headers(1, RESPONSE));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
  peer.give(pong(), pong(), data(1, 5));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
});

Deno.test("WINDOW_UPDATE and PING of the server permit no further PING", () => {
  const { peer, asks } = setUp();
  asks();
  asks();
  peer.give(pong(), pong(), windowUpdate(0, 1000), windowUpdate(1, 1000), ping());
  peer.sent();
  assertEquals(asks(), ["SETTINGS"]);
});

Deno.test("PINGs of all purposes are counted together", () => {
  const { pings, peer, asks } = setUp();
  pings.send(PingPurpose.Bandwidth);
  assertEquals(pings.spent, false);
  pings.send(PingPurpose.Keepalive);
  assertEquals(pings.spent, true);
  peer.sent();
  assertEquals(asks(), ["SETTINGS"]);
});

Deno.test("a PING that is unanswered when HEADERS arrive still counts: the server may read it after them", () => {
  const { peer, pings, asks } = setUp();
  asks();
  peer.give(peer.headers(1, RESPONSE));
  peer.give(pong());
  assertEquals([asks(), asks()].flat(), [PING, "SETTINGS"]);
  peer.give(pong(), data(1, 5));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
  assertEquals(pings.spent, true);
});

Deno.test("unexpected acknowledgements change nothing", () => {
  const { peer, asks } = setUp();
  peer.give(pong(), pong(), pong());
  peer.give(peer.headers(1, RESPONSE));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
});

Deno.test("a client whose server reported too_many_pings probes with SETTINGS only", () => {
  const { pings, asks } = setUp();
  pings.sparing = true;
  assertEquals([asks(), pings.spent], [["SETTINGS"], false]);
});

/**
 * The rule by which grpc-go servers count PINGs (handlePing in internal/transport/http2_server.go), with its MinTime.
 */
class GrpcGoServer {
  #strikes = 0;
  #sent = false;
  #lastPing = -Infinity;

  /** Notes that HEADERS or DATA were sent. */
  sends(): void {
    this.#sent = true;
  }

  /** Returns whether this PING is one too many. */
  refuses(now: number, minTime: number): boolean {
    if (this.#sent) this.#strikes = 0;
    else if (now - this.#lastPing < minTime) this.#strikes++;
    this.#sent = false;
    this.#lastPing = now;
    return this.#strikes > 2;
  }
}

Deno.test("a server tolerates all PINGs that grpc-go tolerates with the same interval", () => {
  const random = seeded(7);
  const real = performance.now;
  let now = Math.ceil(real.call(performance)), refused = 0;
  performance.now = () => now;
  try {
    for (let run = 0; run < 300; run++) {
      const peer = Peer.ready("server", { pingInterval: 10_000 });
      const theirs = new GrpcGoServer();
      peer.give(peer.request(1));
      const stream = peer.streams.get(1)!;
      peer.connection.sendHeaders(stream, RESPONSE, false);
      theirs.sends();
      for (let step = 0; step < 40 && !peer.connection.failure; step++) {
        now += random(2) * random(12_000);
        if (random(3) === 0) {
          theirs.sends();
          peer.connection.sendData(stream, new Uint8Array(0), new Uint8Array(1), false);
        }
        peer.give(ping());
        peer.sent();
        const tooMany = theirs.refuses(now, 10_000);
        assertEquals(tooMany || peer.connection.failure === undefined, true, `run ${run}, step ${step}`);
        if (tooMany) break;
      }
      if (peer.connection.failure) refused++;
    }
  } finally {
    performance.now = real;
  }
  assertEquals(refused > 50, true);
});

Deno.test("whatever the order of crossing frames, a client's PINGs are not too many for grpc-go", () => {
  const random = seeded(8);
  let most = 0;
  for (let run = 0; run < 200; run++) {
    const { peer, pings } = setUp();
    peer.give(peer.headers(1, RESPONSE));
    const theirs = new GrpcGoServer();
    const up: string[] = [], down: Uint8Array[] = [];
    let asking = false, sampling = false;
    for (let step = 0; step < 80; step++) {
      const choice = random(5);
      if (choice === 0 && !asking) {
        asking = true;
        pings.ask();
      } else if (choice === 1) {
        theirs.sends();
        down.push(data(1, 1));
      } else if (choice === 2 && up.length > 0) {
        const [type, payload] = up.shift()!.split(" ");
        if (type === "PING") {
          assertEquals(theirs.refuses(0, Infinity), false, `run ${run}, step ${step}`);
          down.push(answer(parseInt(payload!.slice(0, 2))));
        } else down.push(settingsAck());
      } else if (choice > 2 && down.length > 0) {
        const next = down.shift()!;
        peer.give(next);
        asking = false; // any frame is a sign of life
        if (next[3] === FrameType.PING && next[9] === PingPurpose.Bandwidth) sampling = false;
        if (next[3] === FrameType.DATA && !sampling && random(3) === 0) {
          sampling = true;
          pings.send(PingPurpose.Bandwidth);
        }
      }
      up.push(...peer.sent().filter((line) => /^(PING|SETTINGS)/.test(line)));
      most = Math.max(most, up.length);
    }
  }
  assertEquals(most > 3, true);
});
