import type { Metadata, Metainfo, Peer, ServerContext, ServerMiddleware } from "../mod.ts";

/** A call as the server's code got it. */
export interface RecordedCall {
  /** The service's full name: `"echo.EchoService"`. */
  readonly service: string;
  /** The method's name in the .proto: `"Echo"`. */
  readonly method: string;
  /** The requests that the handler has taken so far; of a call with one request, that one. */
  readonly requests: readonly unknown[];
  /** What the caller sent. */
  readonly metadata: Metadata;
  /** Kitex's metainfo: what came, and what goes back. */
  readonly metainfo: Metainfo;
  /** When it must have ended, in milliseconds since 1970; undefined if the caller set no limit. */
  readonly deadline: number | undefined;
  /** Who called. */
  readonly peer: Peer;
  /** Whether the handler is done with it. */
  readonly ended: boolean;
  /** What the handler threw. */
  readonly error: unknown;
}

type Entry = { -readonly [Name in keyof RecordedCall]: RecordedCall[Name] } & { requests: unknown[] };

/** Middleware that writes all calls into a list. */
export function recorder(calls: RecordedCall[]): ServerMiddleware {
  return async (call, next) => {
    const entry = entryOf(call.context);
    calls.push(entry);
    const streams = isStream(call.request);
    if (!streams) entry.requests.push(call.request);
    const request = streams
      ? watched(call.request as AsyncIterable<unknown>, (one) => entry.requests.push(one))
      : call.request;
    try {
      const reply = await next({ ...call, request });
      if (isStream(reply)) return untilEnd(reply, entry);
      entry.ended = true;
      return reply;
    } catch (error) {
      Object.assign(entry, { ended: true, error });
      throw error;
    }
  };
}

function entryOf({ service, method, metadata, metainfo, deadline, peer }: ServerContext): Entry {
  return { service, method, requests: [], metadata, metainfo, deadline, peer, ended: false, error: undefined };
}

async function* watched(stream: AsyncIterable<unknown>, see: (one: unknown) => void): AsyncGenerator<unknown> {
  for await (const one of stream) {
    see(one);
    yield one;
  }
}

async function* untilEnd(replies: AsyncIterable<unknown>, entry: Entry): AsyncGenerator<unknown> {
  try {
    yield* replies;
  } catch (error) {
    entry.error = error;
    throw error;
  } finally {
    entry.ended = true;
  }
}

const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;
