/**
 * The input of h2load, and its output.
 *
 * @module
 */

/** Returns an echo.Req as a gRPC message. */
export function frame(size: number): Uint8Array {
  const length: number[] = []; // a varint
  for (let rest = size; length.push(rest > 127 ? rest & 127 | 128 : rest), rest > 127; rest >>>= 7);
  const message = [0x0a, ...length, ...Array(size).fill("x".charCodeAt(0))];
  const prefix = new Uint8Array(5);
  new DataView(prefix.buffer).setUint32(1, message.length);
  return new Uint8Array([...prefix, ...message]);
}

/**
 * Parses the results of h2load.
 *
 * @throws {Error} If calls failed, or if the output has another form.
 */
export function parseH2load(text: string): { rate: number; done: number } {
  const rate = /^finished in .*, ([\d.]+) req\/s/m.exec(text)?.[1];
  const [, done, failed, errored] = /(\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored/.exec(text) ?? [];
  if (!rate || !Number(done)) throw new Error(`h2load finished no call: ${text.slice(-300)}`);
  if (failed !== "0" || errored !== "0") {
    throw new Error(`h2load: ${failed} calls failed, ${errored} had errors, ${done} done`);
  }
  return { rate: Number(rate), done: Number(done) };
}
