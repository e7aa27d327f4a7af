/**
 * The most characters of somebody else's text that a message repeats: an answer must not be much larger than what it
 * answers.
 */
const MAX_EXCERPT_CHARACTERS = 100;

/** A text of somebody else as a message may show it: its beginning, where it is long. */
export const excerpt = (text: string): string =>
  text.length <= MAX_EXCERPT_CHARACTERS ? text : `${text.slice(0, MAX_EXCERPT_CHARACTERS)}…`;

/** The same in quotes, with all that is no plain text escaped. */
export const quotedExcerpt = (text: string): string => JSON.stringify(excerpt(text));
