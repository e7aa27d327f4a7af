/**
 * The maximum number of characters of a peer's text that a message repeats. A response must not be much larger than its
 * request.
 */
const MAX_EXCERPT_CHARACTERS = 100;

/** Returns a peer's text for use in a message: only the beginning of a long text. */
export const excerpt = (text: string): string =>
  text.length <= MAX_EXCERPT_CHARACTERS ? text : `${text.slice(0, MAX_EXCERPT_CHARACTERS)}…`;

/** Returns the {@linkcode excerpt} of a text as a JSON string: in quotes, with special characters escaped. */
export const quotedExcerpt = (text: string): string => JSON.stringify(excerpt(text));
