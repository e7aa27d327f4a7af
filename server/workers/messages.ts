import type { ServerTls } from "../../transport/transport.ts";
import type { LimitHits } from "../limit_hits.ts";

/** What the main thread tells a worker. */
export type ToWorker =
  | { kind: "listen"; address: string; tls: ServerTls | undefined }
  | { kind: "tls"; tls: ServerTls }
  /** The server is about to stop: its health says so, and it goes on taking calls. */
  | { kind: "leaving" }
  | { kind: "stop"; force: boolean };

/** What a worker tells the main thread. */
export type FromWorker =
  | { kind: "hello" }
  | { kind: "serving"; address: string }
  | { kind: "failed"; name: string; message: string; code: string | undefined }
  /** Sent each second: it is there, these limits were passed, and whether it has been overloaded for long. */
  | { kind: "alive"; limitHits: LimitHits; overloaded: boolean }
  | { kind: "stopped" }
  /** It was ended by its own program: Deno.exit. */
  | { kind: "exit" };

/** How often a worker says that it is there, in milliseconds. */
export const HEARTBEAT_MS = 1000;

/** Ours among the messages that a program may send for itself. */
export const pack = (message: ToWorker | FromWorker): { dinokit: typeof message } => ({ dinokit: message });
/** The message, if it is one of ours. */
export const unpack = <T>({ data }: MessageEvent): T | undefined => data?.dinokit;
