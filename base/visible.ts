/**
 * Characters that act instead of being seen: the controls C0, DEL and C1, which terminals obey, the line ends of
 * Unicode, the controls of writing direction, which change the order of what one reads, and halves of characters.
 */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/gu;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * A text of others in one line, with nothing in it that acts on a terminal or a log: such characters are written as
 * JSON writes them, `\u001b`. So JSON stays JSON, and says the same.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** A text of others with lines and tabs, and else as {@linkcode visible} has it. */
export const visibleLines = (text: string): string => text.replace(/[^\n\t]+/g, visible);
