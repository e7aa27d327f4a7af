/**
 * Characters that are not visible themselves: the control characters C0, DEL and C1, which terminals obey; the line
 * ends of Unicode; the bidirectional controls, which change the order of the text; and lone surrogates.
 */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/gu;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * Makes an untrusted text safe for one line of a log or a terminal. Invisible characters are escaped as in JSON, for
 * example `\u001b`. A JSON text stays valid and keeps its meaning.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** Makes an untrusted text safe as {@linkcode visible} does, but keeps line ends and tabs. */
export const visibleLines = (text: string): string => text.replace(/[^\n\t]+/g, visible);
