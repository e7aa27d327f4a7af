import { assertEquals } from "@std/assert";
import { data, Peer, ping, pong as answer, RESPONSE, windowUpdate } from "../../tests/http2_peer.ts";
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

Deno.test("a client asks by two PINGs, and by SETTINGS until the server sends HEADERS or DATA", () => {
  const { peer, asks } = setUp();
  assertEquals([asks(), asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS", "SETTINGS"]);
  peer.give(pong(), pong());
  assertEquals(asks(), ["SETTINGS"]);
  peer.give(peer.headers(1, RESPONSE));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
  peer.give(pong(), pong(), data(1, 5));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
});

Deno.test("WINDOW_UPDATE and PING of the server excuse no PING", () => {
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

Deno.test("a PING that has no answer as HEADERS come is counted on: the server may read it behind them", () => {
  const { peer, pings, asks } = setUp();
  asks();
  peer.give(peer.headers(1, RESPONSE));
  peer.give(pong());
  assertEquals([asks(), asks()].flat(), [PING, "SETTINGS"]);
  peer.give(pong(), data(1, 5));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
  assertEquals(pings.spent, true);
});

Deno.test("answers that nobody asked for change nothing", () => {
  const { peer, asks } = setUp();
  peer.give(pong(), pong(), pong());
  peer.give(peer.headers(1, RESPONSE));
  assertEquals([asks(), asks(), asks()].flat(), [PING, PING, "SETTINGS"]);
});

Deno.test("a client that was told that its PINGs are too many asks by SETTINGS only", () => {
  const { pings, asks } = setUp();
  pings.sparing = true;
  assertEquals([asks(), pings.spent], [["SETTINGS"], false]);
});
