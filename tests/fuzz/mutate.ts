import { frame, join } from "../hostile/wire.ts";
import type { Random } from "../random.ts";

/** Where frames stand in a stream of octets. Behind what is no frame there is none. */
function framesIn(bytes: Uint8Array, preface: number): { start: number; end: number }[] {
  const frames: { start: number; end: number }[] = [];
  for (let at = preface; at + 9 <= bytes.length;) {
    const end = at + 9 + (bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!);
    if (end > bytes.length) break;
    frames.push({ start: at, end });
    at = end;
  }
  return frames;
}

/** Values at the edges of the fields that frames have. */
const EDGES = [0, 1, 2, 3, 4, 5, 8, 9, 16, 0x20, 0x25, 0x3f, 0x40, 0x7f, 0x80, 0xbe, 0xc0, 0xfe, 0xff];
const WORDS = [0, 1, 2, 3, 5, 7, 99, 16_383, 16_384, 16_385, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const pick = <T>(random: Random, all: readonly T[]): T => all[random(all.length)]!;

/** Makes one change. `others` are inputs to take pieces from. */
type Mutation = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[], preface: number) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  // A bit.
  (bytes, random) => {
    const at = random(bytes.length);
    bytes[at] = bytes[at]! ^ 1 << random(8);
    return bytes;
  },
  // An octet at the edge of something.
  (bytes, random) => {
    bytes[random(bytes.length)] = pick(random, EDGES);
    return bytes;
  },
  // The length, type, flags or stream of a frame.
  (bytes, random, _, preface) => {
    const frames = framesIn(bytes, preface);
    if (frames.length === 0) return bytes;
    const { start } = pick(random, frames);
    const part = random(4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (part === 0) bytes[start + random(3)] = pick(random, EDGES);
    else if (part === 1) bytes[start + 3] = random(12);
    else if (part === 2) bytes[start + 4] = pick(random, EDGES);
    else view.setUint32(start + 5, pick(random, WORDS));
    return bytes;
  },
  // Less.
  (bytes, random) => bytes.slice(0, random(bytes.length)),
  // A piece less.
  (bytes, random) => {
    const at = random(bytes.length);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random(40)));
  },
  // A frame less, a frame twice, two frames exchanged.
  (bytes, random, _, preface) => {
    const frames = framesIn(bytes, preface);
    if (frames.length < 2) return bytes;
    const [one, other] = [pick(random, frames), pick(random, frames)].sort((a, b) => a.start - b.start) as [
      Place,
      Place,
    ];
    const cut = (place: Place) => bytes.subarray(place.start, place.end);
    const what = random(3);
    if (what === 0) return join(bytes.subarray(0, one.start), bytes.subarray(one.end));
    if (what === 1) return join(bytes.subarray(0, other.end), cut(one), bytes.subarray(other.end));
    if (one === other) return bytes;
    const between = bytes.subarray(one.end, other.start);
    return join(bytes.subarray(0, one.start), cut(other), between, cut(one), bytes.subarray(other.end));
  },
  // The start of one and the end of another.
  (bytes, random, others) => {
    const other = pick(random, others);
    return join(bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length)));
  },
  // A frame of its own making, between two.
  (bytes, random, _, preface) => {
    const frames = framesIn(bytes, preface);
    const at = frames.length === 0 ? bytes.length : pick(random, frames).end;
    const payload = new Uint8Array(pick(random, [0, 0, 1, 4, 5, 6, 8, 12, 17, 100]));
    for (let i = 0; i < payload.length; i++) payload[i] = random(3) ? pick(random, EDGES) : random(256);
    const made = frame(random(12), pick(random, EDGES), random(12), payload);
    return join(bytes.subarray(0, at), made, bytes.subarray(at));
  },
  // The same piece many times.
  (bytes, random) => {
    const at = random(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random(60));
    return join(bytes.subarray(0, at), ...Array(1 + random(20)).fill(piece), bytes.subarray(at));
  },
];

type Place = { start: number; end: number };

/** The most octets of an input. */
const MAX_BYTES = 200_000;

/**
 * Changes an input in one to six ways.
 *
 * @param bytes It. It stays as it is.
 * @param preface The octets before its first frame.
 */
export function mutate(bytes: Uint8Array, random: Random, others: readonly Uint8Array[], preface: number): Uint8Array {
  let mutated = bytes.slice();
  for (let i = random(6); i >= 0 && mutated.length > 0; i--) {
    mutated = pick(random, MUTATIONS)(mutated, random, others, preface).slice(0, MAX_BYTES);
  }
  return mutated;
}
