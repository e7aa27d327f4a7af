/** No type holds a number of more digits, and to read very many takes long. */
const MOST_DIGITS = 100;
const TOO_LARGE = 1n << 400n;

/** The integer that a token stands for: decimal, hexadecimal or octal, also negative. */
export function integerOf(text: string): bigint {
  if (text.length > MOST_DIGITS) return TOO_LARGE;
  const [sign, digits] = text.startsWith("-") ? [-1n, text.slice(1)] : [1n, text];
  return sign * BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
}

/** Whether an integer is too long for a float: only decimal ones may have more than 64 bits, as in protoc. */
export const isTooLong = (text: string): boolean => text.startsWith("0") && integerOf(text) >= 1n << 64n;

/** The whole number that a token stands for. One beyond 2^53 is rounded, and out of range wherever it may stand. */
export const numberOf = (text: string): number => Number(integerOf(text));
