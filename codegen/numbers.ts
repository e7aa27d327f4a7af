/** A whole number as .proto files write it: decimal, hexadecimal or octal; NaN if it is none. */
export function numberOf(text: string): number {
  const [, sign, digits] = /^(-?)(0x[\da-f]+|\d+)$/i.exec(text) ?? [];
  if (digits === undefined) return NaN;
  const value = /^0\d/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return sign === "-" ? -value : value;
}
