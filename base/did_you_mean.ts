/** To compare words takes time by the product of their lengths, and nobody misspells longer ones. */
const MAX_LETTERS = 200;

/**
 * The candidate that is most like a misspelt word, or undefined if none is near.
 *
 * @param word What was written.
 * @param candidates What may be meant.
 * @param most How many letters may differ: about a third by default.
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
    // They differ in so many letters at least: nothing to count where one is far longer.
    if (Math.abs(word.length - candidate.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** How many letters must be put in, taken out or replaced to make `b` of `a` (Levenshtein). */
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

/** `"; did you mean X?"`, or nothing if no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const guess = nearest(word, candidates);
  return guess === undefined ? "" : `; did you mean ${JSON.stringify(guess)}?`;
}
