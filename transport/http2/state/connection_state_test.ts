import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../limit_fields.ts";
import { http2Limits } from "../../grpc/connection/http2_limits.ts";
import { ErrorCode } from "../protocol/error.ts";
import { ConnectionState } from "./connection_state.ts";
import { type Stream, StreamState } from "./stream.ts";

/** The state of one side, and how often a stream was closed. */
function setUp(role: "server" | "client") {
  const closed: string[] = [];
  const state = new ConnectionState(role, http2Limits(DEFAULT_LIMITS, role), {
    onStream() {},
    onClosed: () => void closed.push("closed"),
    onDrained: () => void closed.push("drained"),
    onGoAway() {},
    onFailed() {},
  }, { received: 0, queued: 0 });
  return { state, closed };
}

type Event = (state: ConnectionState, stream: Stream) => void;
const EVENTS = {
  ES: (state, stream) => state.localEnded(stream),
  "peer's ES": (state, stream) => state.remoteEnded(stream),
  R: (state, stream) => state.localReset(stream, ErrorCode.CANCEL),
  "peer's R": (state, stream) => state.remoteReset(stream, ErrorCode.CANCEL),
  loss: (state, stream) => state.lost(stream, "gone", false),
} satisfies Record<string, Event>;

Deno.test("a client's stream follows the states of RFC 9113 (5.1)", () => {
  const rows: [events: (keyof typeof EVENTS)[], state: keyof typeof StreamState][] = [
    [[], "Open"],
    [["ES"], "HalfClosedLocal"],
    [["ES", "peer's ES"], "Closed"],
    [["ES", "peer's R"], "Closed"],
    [["peer's ES"], "HalfClosedRemote"],
    [["peer's ES", "ES"], "Closed"],
    [["peer's ES", "R"], "Closed"],
    [["R"], "Closed"],
    [["peer's R"], "Closed"],
    [["loss"], "Closed"],
    [["R", "R", "loss"], "Closed"],
  ];
  for (const [events, expected] of rows) {
    const { state, closed } = setUp("client");
    const stream = state.nextIdle();
    assertEquals(stream.state, StreamState.Idle);
    state.localOpened(stream);
    for (const event of events) EVENTS[event](state, stream);
    assertEquals(StreamState[stream.state], expected, events.join(", "));
    assertEquals(closed, expected === "Closed" ? ["closed"] : [], events.join(", "));
    assertEquals(state.streams.size, expected === "Closed" ? 0 : 1);
  }
});

Deno.test("a server resets a stream with NO_ERROR if it no longer needs the request (8.1)", () => {
  const { state } = setUp("server");
  const [whole, partial] = [state.remoteOpened(1), state.remoteOpened(3)];
  assertEquals([whole.state, state.lastPeerStream], [StreamState.Open, 3]);
  state.remoteEnded(whole);
  state.localEnded(whole);
  assertEquals([whole.state, state.closedStreams.wasResetByUs(1)], [StreamState.Closed, false]);
  state.localEnded(partial);
  assertEquals([partial.state, state.closedStreams.wasResetByUs(3)], [StreamState.Closed, true]);
});

Deno.test("a drain ends with the last stream", () => {
  const { state, closed } = setUp("server");
  const [one, two] = [state.remoteOpened(1), state.remoteOpened(3)];
  state.refuseStreams();
  state.localReset(one, ErrorCode.CANCEL);
  assertEquals(closed, ["closed"]);
  state.localReset(two, ErrorCode.CANCEL);
  assertEquals(closed, ["closed", "closed", "drained"]);
  assertEquals(state.drain.lastAllowed, 3);
});
