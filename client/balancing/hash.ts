/** 32 bits of a text: FNV-1a of its code units, mixed. Not for secrets. The same in all processes. */
export function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return mix(bits, 0);
}

/** 32 bits of two such hashes: what one is worth for the other in rendezvous hashing. It is MurmurHash3's last step. */
export function mix(a: number, b: number): number {
  let bits = a ^ b;
  bits = Math.imul(bits ^ bits >>> 16, 0x85ebca6b);
  bits = Math.imul(bits ^ bits >>> 13, 0xc2b2ae35);
  return (bits ^ bits >>> 16) >>> 0;
}
