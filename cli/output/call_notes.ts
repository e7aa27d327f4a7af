import type { Metadata } from "../../mod.ts";
import { visible } from "../../base/text/visible.ts";
import { colours, paint, tell } from "./terminal.ts";

/** Prints the progress of a call on stderr. */
export class CallNotes {
  readonly #on: boolean;
  #start = 0;

  /** @param on Whether to print anything. */
  constructor(on: boolean) {
    this.#on = on;
  }

  /** Starts the time measurement. */
  started(): void {
    this.#start = performance.now();
  }

  /** Prints a note with the elapsed time. */
  note(title: string, lines: readonly string[]): void {
    if (!this.#on) return;
    const ms = (performance.now() - this.#start).toFixed(1);
    tell("", paint(`${title} (${ms} ms)`, "bold", colours.err));
    for (const line of lines) tell(`  ${visible(line)}`);
  }

  /** Prints the fields of a header or trailer. */
  fields(title: string, metadata: Metadata): void {
    this.note(
      title,
      [...metadata].map(([key, value]) => `${key}: ${typeof value === "string" ? value : value.toBase64()}`),
    );
  }

  /** Prints the status. */
  ended(status: string): void {
    this.note("status", [status]);
  }
}
