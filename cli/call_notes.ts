import type { Metadata } from "../mod.ts";
import { visible } from "../base/visible.ts";
import { colours, paint, tell } from "./terminal.ts";

/** Tells on stderr how a call goes. */
export class CallNotes {
  readonly #on: boolean;
  #start = 0;

  /** @param on Whether anybody wants to know. */
  constructor(on: boolean) {
    this.#on = on;
  }

  /** From now on time is measured. */
  started(): void {
    this.#start = performance.now();
  }

  /** Tells something, and when. */
  note(what: string, lines: readonly string[]): void {
    if (!this.#on) return;
    const ms = (performance.now() - this.#start).toFixed(1);
    tell("", paint(`${what} (${ms} ms)`, "bold", colours.err));
    for (const line of lines) tell(`  ${visible(line)}`);
  }

  /** Tells the fields of a header or trailer. */
  fields(what: string, metadata: Metadata): void {
    this.note(
      what,
      [...metadata].map(([key, value]) => `${key}: ${typeof value === "string" ? value : value.toBase64()}`),
    );
  }

  /** Tells the status. */
  ended(status: string): void {
    this.note("status", [status]);
  }
}
