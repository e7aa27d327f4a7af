/**
 * The longest word that is compared. The time of a comparison grows with the product of the lengths, and nobody
 * misspells longer words.
 */
const MAX_LETTERS = 200;

/**
 * Returns the candidate that is most similar to a misspelt word, or undefined if none is similar enough.
 *
 * @param word The misspelt word.
 * @param candidates The words that may be meant.
 * @param most The maximum edit distance. By default a third of the letters of `word`.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  most: number = Math.ceil(word.length / 3),
): string | undefined {
  if (word.length > MAX_LETTERS) return undefined;
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of candidates) {
    // The difference of the lengths is a lower bound of the edit distance.
    if (Math.abs(word.length - candidate.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Returns how many letters must be inserted, deleted or replaced to turn `a` into `b` (Levenshtein distance). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Returns `'; did you mean "X"?'`, or an empty text if no candidate is similar enough. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const guess = nearest(word, candidates);
  return guess === undefined ? "" : `; did you mean ${JSON.stringify(guess)}?`;
}
