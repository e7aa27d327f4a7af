import { after } from "../../base/time.ts";

/** How long work may run before it yields to other work, in milliseconds. */
export const TURN_MS = 10;

/** Resolves after a turn of the event loop, in which other work runs. */
export const nextTurn = (): Promise<void> => new Promise((done) => void after(0, done));
