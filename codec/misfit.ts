/** A value that does not fit its field. The way to it is put together while the error goes up. */
export class Misfit extends Error {
  /** The way to the value: `".items[2].id"`. */
  path = "";
}

/** The error for a value of the wrong type. */
export function wrong(expected: string, value: unknown): Misfit {
  let shown: string;
  try {
    shown = typeof value === "bigint" ? `${value}n` : JSON.stringify(value) ?? String(value);
  } catch {
    shown = typeof value;
  }
  return new Misfit(`expected ${expected}, got ${shown.length > 60 ? shown.slice(0, 57) + "..." : shown}`);
}

/** What was thrown, if it is a misfit with the next part of the way put before it. */
export function within(part: string, thrown: unknown): unknown {
  if (thrown instanceof Misfit) thrown.path = part + thrown.path;
  return thrown;
}
