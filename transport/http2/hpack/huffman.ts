import { HpackError } from "./error.ts";
import { CODE_BITS, CODES, EOS } from "./huffman_code.ts";
import { textOf } from "./octets.ts";

/** The number of inner nodes of the code's tree, which is one less than its leaves. Node 0 is the root. */
const INNER_NODES = EOS;

// One step of the decoder. The low octet holds the next node, the octet above it a symbol. The flags follow:
/** The step completes a symbol. Four bits complete at most one symbol, as each has at least 5 bits. */
const EMITS = 1 << 16;
/** The step has passed EOS. */
const FAILS = 1 << 17;

/** The result of four bits at a node: the step at `node << 4 | bits`. */
const STEPS = new Uint32Array(INNER_NODES << 4);
/** Whether a text may end at a node: at the root, or after up to 7 one bits of padding. */
const ENDS = new Uint8Array(INNER_NODES);

build();

/** Builds the tables, in less than a millisecond. */
function build(): void {
  const tree = growTree();
  for (let node = 0; node < INNER_NODES; node++) {
    for (let bits = 0; bits < 16; bits++) STEPS[node << 4 | bits] = walk(tree, node, bits);
  }
  for (let node = 0, ones = 0; ones < 8; ones++, node = tree[node * 2 + 1]!) ENDS[node] = 1;
}

/** Returns the tree. The child of a node for a bit is at `node * 2 + bit`: a node, or the complement of a symbol. */
function growTree(): Int16Array {
  const tree = new Int16Array(INNER_NODES * 2);
  let nodes = 1;
  CODES.forEach((code, symbol) => {
    let node = 0;
    for (let bit = CODE_BITS[symbol]! - 1; bit > 0; bit--) {
      const branch = node * 2 + (code >>> bit & 1);
      node = tree[branch] ||= nodes++;
    }
    tree[node * 2 + (code & 1)] = ~symbol;
  });
  return tree;
}

function walk(tree: Int16Array, node: number, bits: number): number {
  let found = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const child = tree[node * 2 + (bits >>> bit & 1)]!;
    if (child < 0) found = ~child === EOS ? FAILS : EMITS | ~child << 8;
    node = child < 0 ? 0 : child;
  }
  return found | node;
}

/**
 * The buffer for decoded octets. A longer text is decoded in pieces, so a peer can't decide how much memory is kept.
 */
const scratch = new Uint8Array(4096);

/**
 * Decodes the Huffman-coded text `buf[start..end)` (RFC 7541, 5.2).
 *
 * @throws {HpackError} If it contains EOS, or its padding is 8 bits or more or not all ones.
 */
export function huffmanDecode(buf: Uint8Array, start: number, end: number): string {
  let text = "";
  let length = 0;
  let node = 0;
  let seen = 0;
  for (let at = start; at < end; at++) {
    const octet = buf[at]!;
    const high = STEPS[node << 4 | octet >>> 4]!;
    // Written even without a symbol: a mispredicted branch costs more.
    scratch[length] = high >>> 8;
    length += high >>> 16 & 1;
    const low = STEPS[(high & 0xff) << 4 | octet & 15]!;
    scratch[length] = low >>> 8;
    length += low >>> 16 & 1;
    node = low & 0xff;
    seen |= high | low;
    if (length > scratch.length - 2) {
      text += textOf(scratch, 0, length);
      length = 0;
    }
  }
  if ((seen & FAILS) !== 0) throw new HpackError("a Huffman-coded text contains the end-of-string symbol");
  if (ENDS[node] === 0) {
    throw new HpackError("a Huffman-coded text ends with more than 7 bits of padding, or not with ones");
  }
  const rest = textOf(scratch, 0, length);
  return text === "" ? rest : text + rest;
}

/** Returns the octets that a text takes when it is encoded. Infinity if a character is above 255, as it has no code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    seen |= symbol;
    bits += CODE_BITS[symbol & 0xff]!;
  }
  return seen > 0xff ? Infinity : bits + 7 >>> 3;
}

/**
 * Encodes a text.
 *
 * @param text Octets, one per character. None may be above 255.
 * @returns The offset after the octets.
 */
export function huffmanEncode(text: string, buf: Uint8Array, offset: number): number {
  // Octets are taken from the top of the last `count` bits. Higher bits were written before, and the buffer cuts them
  // off.
  let pending = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i);
    let code = CODES[symbol]!;
    let bits = CODE_BITS[symbol]!;
    if (bits > 25) { // with up to 7 pending bits, more than 32
      bits -= 16;
      pending = pending << bits | code >>> 16;
      for (count += bits; count >= 8;) buf[offset++] = pending >>> (count -= 8);
      code &= 0xffff;
      bits = 16;
    }
    pending = pending << bits | code;
    for (count += bits; count >= 8;) buf[offset++] = pending >>> (count -= 8);
  }
  if (count > 0) buf[offset++] = pending << 8 - count | 0xff >>> count;
  return offset;
}
