import type { Metadata, Metainfo, Method, Peer, ServerContext, ServerMiddleware, Service } from "../mod.ts";

/**
 * A call as the server's code received it. `handler` narrows the type of its requests: `if (call.handler === "echo")`.
 */
export type RecordedCall<S extends Service = Service> = {
  [Name in keyof S["methods"]]: CallOf<Name, S["methods"][Name]>;
}[keyof S["methods"]];

/** A call of one method as the server's code received it. */
export interface CallOf<Name, M> {
  /** The service's full name: `"echo.EchoService"`. */
  readonly service: string;
  /** The method's name in the .proto: `"Echo"`. */
  readonly method: string;
  /** The name of its handler: `"echo"`. */
  readonly handler: Name;
  /** The requests that the handler has read so far; for a call with a single request, that one. */
  readonly requests: readonly (M extends Method<infer Req, infer _Res, infer _Kind> ? Req : never)[];
  /** The metadata that the caller sent. */
  readonly metadata: Metadata;
  /** Kitex's metainfo: the received values, and those to send back. */
  readonly metainfo: Metainfo;
  /** The deadline, in milliseconds since 1970; undefined if the caller set none. */
  readonly deadline: number | undefined;
  /** The caller. */
  readonly peer: Peer;
  /** The header that the handler has set. */
  readonly header: Metadata;
  /** The trailer that the handler has set. The trailer of an error that it threw is in `error.metadata`. */
  readonly trailer: Metadata;
  /** Whether the handler has ended. */
  readonly ended: boolean;
  /** The error that the handler threw. */
  readonly error: unknown;
}

/** A recorded call that is still in progress. */
export type Entry = { -readonly [Name in keyof RecordedCall]: RecordedCall[Name] } & { requests: unknown[] };

/** Creates middleware that adds all calls of a service to a list. */
export function recorder({ methods }: Service, calls: Entry[]): ServerMiddleware {
  const handlers = new Map(Object.entries(methods).map(([handler, { path }]) => [path, handler]));
  return async (call, next) => {
    const entry = entryOf(call.context, handlers.get(call.method.path)!);
    calls.push(entry);
    const streams = isStream(call.request);
    if (!streams) entry.requests.push(call.request);
    const request = streams
      ? watched(call.request as AsyncIterable<unknown>, (message) => entry.requests.push(message))
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

function entryOf(context: ServerContext, handler: string): Entry {
  const { service, method, metadata, metainfo, deadline, peer, header, trailer } = context;
  const came = { service, method, handler, requests: [], metadata, metainfo, deadline, peer };
  return { ...came, header, trailer, ended: false, error: undefined };
}

async function* watched(stream: AsyncIterable<unknown>, see: (message: unknown) => void): AsyncGenerator<unknown> {
  for await (const message of stream) {
    see(message);
    yield message;
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
