import { after } from "../base/time.ts";

/** For how long work may go on before other work gets a turn, in milliseconds. */
export const TURN_MS = 10;

/** Resolves when other work has had a turn of the event loop. */
export const nextTurn = (): Promise<void> => new Promise((done) => void after(0, done));
