import type { ServerTls } from "../../transport/transport.ts";
import type { LimitHits } from "../limit_hits.ts";

/** The messages from the main thread to a worker. */
export type ToWorker =
  | { kind: "listen"; address: string; tls: ServerTls | undefined }
  | { kind: "tls"; tls: ServerTls }
  /** The server will stop soon: its health reports NOT_SERVING, and it still takes calls. */
  | { kind: "leaving" }
  | { kind: "stop"; force: boolean };

/** The messages from a worker to the main thread. */
export type FromWorker =
  | { kind: "hello" }
  | { kind: "serving"; address: string }
  | { kind: "failed"; name: string; message: string; code: string | undefined }
  /** The heartbeat, with the limits that were exceeded, and whether the worker has been overloaded for long. */
  | { kind: "alive"; limitHits: LimitHits; overloaded: boolean }
  | { kind: "stopped" }
  /** The program in the worker called Deno.exit(). */
  | { kind: "exit" };

/** The interval of the heartbeats of a worker, in milliseconds. */
export const HEARTBEAT_MS = 1000;

/** Wraps a message of the kit, to distinguish it from messages that the program sends itself. */
export const pack = (message: ToWorker | FromWorker): { dinokit: typeof message } => ({ dinokit: message });
/** Returns the message of the kit in an event, or undefined if it is another message. */
export const unpack = <T>({ data }: MessageEvent): T | undefined => data?.dinokit;
