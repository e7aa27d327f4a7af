import type { Field, Frame } from "./wire.ts";

/** The names that answers use of the static table. */
const STATIC: Record<number, Field> = {
  8: [":status", "200"],
  13: [":status", "404"],
  12: [":status", "400"],
  31: ["content-type", ""],
};

/** The fields of all header blocks of one stream. Stands in until our own decoder is there: it knows no Huffman code. */
export function readFields(frames: readonly Frame[], stream: number): Field[] {
  const table: Field[] = [];
  const found: Field[] = [];
  for (const frame of frames) {
    if (frame.type !== 1 && frame.type !== 9) continue;
    const fields = readBlock(frame.payload, table);
    if (frame.stream === stream) found.push(...fields);
  }
  return found;
}

function readBlock(bytes: Uint8Array, table: Field[]): Field[] {
  let at = 0;
  const integer = (bits: number): number => {
    const most = (1 << bits) - 1;
    let value = bytes[at++]! & most;
    if (value < most) return value;
    for (let shift = 0;; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const coded = bytes[at]! >= 128;
    const length = integer(7);
    at += length;
    return coded ? "(Huffman)" : new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const entry = (index: number): Field => STATIC[index] ?? table[index - 62] ?? [`(${index})`, ""];
  const fields: Field[] = [];
  while (at < bytes.length) {
    const first = bytes[at]!;
    if (first >= 128) fields.push(entry(integer(7)));
    else if (first >= 64) {
      const index = integer(6);
      const field: Field = [index ? entry(index)[0] : text(), text()];
      table.unshift(field);
      fields.push(field);
    } else if (first >= 32) integer(5);
    else {
      const index = integer(4);
      fields.push([index ? entry(index)[0] : text(), text()]);
    }
  }
  return fields;
}
