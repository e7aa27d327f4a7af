import { HpackDecoder } from "../../transport/http2/hpack/decoder.ts";
import { CONTINUATION, type Field, type Frame, HEADERS, join } from "./frames.ts";

/**
 * The fields of all header blocks of one stream: header, then trailers. `frames` are all that came, as the table is one
 * for all.
 */
export function readFields(frames: readonly Frame[], stream: number): Field[] {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1 << 20, maxFields: 10_000 });
  const found: Field[] = [];
  let block: Uint8Array = new Uint8Array();
  for (const { type, flags, stream: id, payload } of frames) {
    if (type !== HEADERS && type !== CONTINUATION) continue;
    block = join(block, payload);
    if ((flags & 4) === 0) continue;
    const fields = decoder.decode(block, 0, block.length);
    block = new Uint8Array();
    for (let i = 0; id === stream && i < fields.length; i += 2) found.push([fields[i]!, fields[i + 1]!]);
  }
  return found;
}
