/** A 32-bit hash of a text: FNV-1a of its code units, mixed. It is the same in all processes, and not for secrets. */
export function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return mix(bits, 0);
}

/**
 * The 32-bit hash of two hashes, such as the score of a key and a node in rendezvous hashing. It is the last step of
 * MurmurHash3.
 */
export function mix(a: number, b: number): number {
  let bits = a ^ b;
  bits = Math.imul(bits ^ bits >>> 16, 0x85ebca6b);
  bits = Math.imul(bits ^ bits >>> 13, 0xc2b2ae35);
  return (bits ^ bits >>> 16) >>> 0;
}
