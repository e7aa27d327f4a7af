import { assertEquals, assertThrows } from "@std/assert";
import { emitFile } from "../codegen/emit/emit.ts";
import { loadProto } from "../codegen/load/load.ts";
import { ProtoProblem } from "../codegen/problem.ts";

/** Stands where the mistake is found; it is taken out. */
export const MARK = "¦";

/**
 * A mistake, the text of a.proto with a mark at the mistake, and the whole message after the place. Other files, if
 * any.
 */
export type Refused = [what: string, text: string, message: string, others?: Record<string, string>];

/** Makes a test of each: that it is refused at the place, with the message. */
export function testRefused(cases: readonly Refused[]): void {
  for (const [what, text, message, others] of cases) {
    Deno.test(`a .proto with ${what} is rejected with position and remedy`, () => {
      const lines = text.slice(0, text.indexOf(MARK)).split("\n");
      const files: Record<string, string> = { "a.proto": text.replace(MARK, ""), ...others };
      const error = assertThrows(() => {
        const loaded = loadProto("a.proto", (name) => files[name]);
        emitFile("a.proto", loaded, { kit: "kit", specifier: (proto) => `./${proto}.ts` });
      }, ProtoProblem);
      assertEquals(error.message, `a.proto:${lines.length}:${lines.at(-1)!.length + 1}: ${message}`);
    });
  }
}
