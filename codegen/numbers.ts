/** No type holds a number of more digits, and to read very many takes long. */
const MOST_DIGITS = 100;
const TOO_LARGE = 1n << 400n;

/** The integer that a token stands for: decimal, hexadecimal or octal, also negative. */
export function integerOf(text: string): bigint {
  if (text.length > MOST_DIGITS) return TOO_LARGE;
  const [sign, digits] = text.startsWith("-") ? [-1n, text.slice(1)] : [1n, text];
  return sign * BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
}

/** The whole number that a token stands for. One beyond 2^53 is rounded, and out of range wherever it may stand. */
export const numberOf = (text: string): number => Number(integerOf(text));
