/**
 * Reads a file up to a size limit. So it also returns for a file without an end, such as `/dev/zero`.
 *
 * @param maxBytes The limit, in bytes.
 * @returns The content, or undefined if the file is larger.
 * @throws {Deno.errors.NotFound} If the file does not exist.
 * @throws {Deno.errors.NotCapable} If the process has no permission to read the file.
 */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(maxBytes + 1);
  let length = 0;
  while (length <= maxBytes) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) return bytes.subarray(0, length);
    length += read;
  }
  return undefined;
}

/** Reads a file up to a size limit, like {@linkcode readBounded}, and blocks until it is read. */
export function readBoundedSync(path: string, maxBytes: number): Uint8Array<ArrayBuffer> | undefined {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(maxBytes + 1);
  let length = 0;
  while (length <= maxBytes) {
    const read = file.readSync(bytes.subarray(length));
    if (read === null) return bytes.subarray(0, length);
    length += read;
  }
  return undefined;
}
