/** The symbol for the end of a text. Only its first bits are ever sent, as padding. */
export const EOS = 256;

/**
 * The number of bits of each symbol, in base 36. This is all of RFC 7541, appendix B: the code is canonical, so codes
 * of the same length are consecutive, in the order of their symbols.
 */
const BITS = "dnsssssssoussussssssssusssssssss" + "6aacd68baa8b8666555666666678f6ca" +
  "d67777777777777777777777878djde6" + "f56565666577666567655677777fbeds" +
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnno" + "mlkmmnnlnmmolmnnllmlnmnnkmmmnmmn" +
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrr" + "koklmllnmmppooqnqrqqrrrrrsrrrrrq" + "u";

/** The number of bits of each symbol's code: from 5 to 30. */
export const CODE_BITS: Uint8Array = Uint8Array.from(BITS, (digit) => parseInt(digit, 36));

/** The code of each symbol, in the lowest bits. */
export const CODES: Uint32Array = new Uint32Array(EOS + 1);

const MOST_BITS = Math.max(...CODE_BITS);
for (let bits = 1, code = 0; bits <= MOST_BITS; bits++, code *= 2) {
  CODE_BITS.forEach((length, symbol) => {
    if (length === bits) CODES[symbol] = code++;
  });
}
