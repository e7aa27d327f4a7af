import { assertEquals } from "@std/assert";
import { createClient, createServer } from "../mod.ts";
import { EchoService } from "../proto/echo.ts";
import { needs } from "./needs.ts";
import { recordingLogger } from "./observe.ts";

const ROOT = new URL("..", import.meta.url).href;

/** The kit's frames of a stack, innermost first. Frames of tests/ and of an `await` are left out. */
function framesOf(stack: string): string[] {
  const kit = (line: string) => line.includes(ROOT) && !line.includes(`${ROOT}tests/`) && !line.includes("at async ");
  return stack.split("\n").filter((line) => kit(line) || line.includes("AsyncLocalStorage.run"));
}

/** Counts the frames and the files of the kit. */
function counts(frames: readonly string[]): string {
  const files = new Set(frames.flatMap((line) => /file:\/\/[^:]+/.exec(line) ?? []));
  return `${frames.length} | ${files.size}`;
}

needs(
  [{ name: "net" }, { name: "read" }],
  "docs/architecture.md counts the stack frames of a unary call as they are",
  async () => {
    const { stackTraceLimit } = Error;
    const { queueMicrotask } = globalThis;
    Error.stackTraceLimit = 100;
    let toHandler = "", toWrite = "";
    const logger = recordingLogger();
    const server = createServer({ name: "echo", address: "127.0.0.1:0", logger });
    server.add(EchoService, {
      echo({ mes }) {
        toHandler = new Error().stack!;
        return { resp: mes };
      },
    });
    await server.start();
    await using _server = server;
    await using client = createClient(EchoService, { address: server.address, logger });
    try {
      await client.echo({ mes: "the connection is there" });
      // The client schedules its write as a microtask.
      globalThis.queueMicrotask = (task) => {
        const stack = new Error().stack!;
        if (stack.includes("Pump.wake")) toWrite ||= stack;
        queueMicrotask(task);
      };
      const reply = client.echo({ mes: "counted" });
      globalThis.queueMicrotask = queueMicrotask;
      await reply;
    } finally {
      Object.assign(globalThis, { queueMicrotask });
      Error.stackTraceLimit = stackTraceLimit;
    }
    const page = await Deno.readTextFile(new URL("../docs/architecture.md", import.meta.url));
    const rows = [...page.matchAll(/^\| (from the [^|]*?) +\|.*\| *(\d+) *\| *(\d+) *\|$/gm)];
    assertEquals(rows.map(([, what, frames, files]) => `${what}: ${frames} | ${files}`), [
      `from the method's call to the write: ${counts(framesOf(toWrite))}`,
      `from the read to the handler: ${counts(framesOf(toHandler))}`,
    ]);
  },
);
