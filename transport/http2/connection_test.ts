import { assert, assertEquals } from "@std/assert";
import { exchange, Peer, REQUEST, RESPONSE, TRAILERS } from "../../tests/http2_peer.ts";
import { mutate, seeded } from "../../tests/random.ts";
import { concat, data, paddedData, ping, pong, settings, windowUpdate } from "../../tests/http2_peer.ts";
import { ConnectionError, ErrorCode } from "./protocol/error.ts";
import { PREFACE } from "./protocol/frame.ts";
import { Output } from "./state/output.ts";
import { PingPurpose } from "./state/pings.ts";

const NOTHING = new Uint8Array(0);

Deno.test("a client and a server of the kit understand each other, call by call", () => {
  const [client, server] = [new Peer("client"), new Peer("server")];
  exchange(client.connection, server.connection);
  for (let id = 1; id < 200; id += 2) {
    const stream = client.open();
    client.connection.sendData(stream, NOTHING, new Uint8Array(100_000), true);
    exchange(client.connection, server.connection);
    const served = server.streams.get(id)!;
    assertEquals(served.received, 100_000);
    server.connection.sendHeaders(served, RESPONSE, false);
    server.connection.sendData(served, NOTHING, new Uint8Array(300_000), false);
    server.connection.sendHeaders(served, TRAILERS, true);
    exchange(client.connection, server.connection);
    assertEquals(client.told().at(-1), `headers ${id} ${TRAILERS.join(" ")} end`);
    assertEquals(stream.received, 300_000);
  }
  assertEquals([client.connection.streams.size, server.connection.streams.size], [0, 0]);
  assertEquals([client.connection.receiveWindow.held, server.connection.receiveWindow.held], [0, 0]);
  assertEquals([client.connection.failure, server.connection.failure], [undefined, undefined]);
});

Deno.test("a drain in two steps: streams that were opened before the client read GOAWAY are served, later ones are refused (6.8)", () => {
  const [client, server] = [new Peer("client"), new Peer("server")];
  exchange(client.connection, server.connection);
  client.open(true);
  exchange(client.connection, server.connection);
  server.connection.drain("stops");
  client.open(true); // on its way while the GOAWAY is
  exchange(client.connection, server.connection);
  assertEquals(server.told(), ["open 1 end", "open 3 end"]);
  assertEquals(client.connection.open(), undefined);
  assertEquals(client.told(), ["goaway NO_ERROR", "goaway NO_ERROR"]);
  assertEquals(client.why, 'the peer is going away: NO_ERROR "stops"');
  assertEquals(client.connection.streams.size, 2);
  for (const stream of server.streams.values()) server.connection.sendHeaders(stream, [...RESPONSE, ...TRAILERS], true);
  assertEquals(server.told(), ["drained"]);
});

Deno.test("a drain names the last stream once its PING is answered, or when refuseStreams() ends the wait", () => {
  const drained = (finish: (server: Peer) => void) => {
    const server = Peer.ready("server");
    server.give(server.request(1));
    server.connection.drain("");
    assertEquals(server.sent(), ["GOAWAY 2147483647 NO_ERROR", "PING 0300000000000000"]);
    server.give(server.request(3));
    finish(server);
    server.give(server.request(5));
    return server.sent();
  };
  const refused = ["GOAWAY 3 NO_ERROR", "RST_STREAM 5 REFUSED_STREAM"];
  assertEquals(drained((server) => server.give(pong(PingPurpose.Drain))), refused);
  assertEquals(drained((server) => server.connection.refuseStreams()), refused);
  assertEquals(drained((server) => server.give(pong(PingPurpose.Bandwidth))), []);
});

Deno.test("a connection without streams is drained at once", () => {
  const server = Peer.ready("server");
  server.connection.refuseStreams();
  assertEquals(server.told(), ["drained"]);
  assertEquals(server.sent(), ["GOAWAY 0 NO_ERROR"]);
});

Deno.test("fail() notifies each stream once, even those that end meanwhile, then the connection", () => {
  const peer = Peer.ready("server");
  peer.give(peer.request(1), peer.request(3), peer.request(5));
  const three = peer.streams.get(3)!;
  peer.streams.get(1)!.events!.onLost = () => {
    peer.log.push("lost 1");
    peer.connection.reset(three, ErrorCode.CANCEL);
  };
  peer.told();
  peer.connection.fail(new ConnectionError(ErrorCode.PROTOCOL_ERROR, "x"));
  peer.connection.fail(new ConnectionError(ErrorCode.INTERNAL_ERROR, "y"));
  assertEquals(peer.told(), ["lost 1", "lost 5", "failed PROTOCOL_ERROR"]);
  assertEquals(peer.sent(), ["GOAWAY 5 PROTOCOL_ERROR", "RST_STREAM 3 CANCEL"]);
});

Deno.test("receive() never throws at random input, reports no internal error, and counts held octets correctly", () => {
  const random = seeded(3);
  for (let run = 0; run < 3000; run++) {
    const budget = { received: 0, queued: 0 };
    const peer = new Peer(run % 2 ? "server" : "client", {}, budget);
    const begin = peer.connection.server ? concat(PREFACE, settings()) : settings([4, random(100_000)]);
    peer.give(begin);
    if (!peer.connection.server) { for (let i = 0; i < 3; i++) peer.open(); }
    const frames = concat(
      peer.connection.server ? peer.request(1) : peer.headers(1, RESPONSE),
      data(1, random(30)),
      settings([3, 5], [4, random(1000)], [1, random(5000)]),
      paddedData(1, random(5), random(9)),
      windowUpdate(random(4), random(100)),
      peer.connection.server ? peer.request(3, true, [...REQUEST, "x", "y"]) : peer.headers(1, TRAILERS, 5),
      ping(),
    );
    const octets = mutate(frames, random);
    const cut = random(octets.length + 1);
    const stopped = peer.connection.receive(octets, 0, cut);
    assert(stopped <= cut);
    peer.connection.receive(octets, stopped, octets.length);
    const { failure, receiveWindow: window } = peer.connection;
    assert(failure?.code !== ErrorCode.INTERNAL_ERROR, `run ${run}: ${failure?.message}`);
    // Only octets of the frame that broke the connection may still count.
    if (failure === undefined) assertEquals([window.held, budget.received], [0, 0], `run ${run}`);
  }
});

Deno.test("output buffers alternate, grow with the octets written, and are released", () => {
  const output = new Output();
  output.frame(4, 6, 0, 0);
  output.uint32(1);
  const first = output.take();
  assertEquals([first.length, output.length], [13, 0]);
  output.reserve(5000);
  output.bytes(new Uint8Array(5000).fill(7));
  assertEquals(first[8 + 4], 1);
  output.giveBack(first);
  const second = output.take();
  assertEquals(second, new Uint8Array(5000).fill(7));
  assert(output.buf.buffer === first.buffer);
  output.giveBack(second);
  output.take();
  assert(output.buf.buffer === second.buffer);
  output.shrink();
  assertEquals(output.buf.length, 0);
  output.reserve(10);
  output.length = 1;
  output.shrink();
  assertEquals(output.buf.length, 512);
});
