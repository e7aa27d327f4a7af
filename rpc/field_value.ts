/**
 * The rules for the value of a header field. HTTP/2, metadata and metainfo share them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.5
 * @module
 */

const TAB = 0x09;
const SPACE = 0x20;
const DELETE = 0x7f;

/** Whether a character is a space or a tab. */
export const isBlank = (code: number): boolean => code === SPACE || code === TAB;

/**
 * Returns the value without leading and trailing spaces and tabs, which HTTP does not count as part of it.
 * `String.trim` would also remove octets of UTF-8 that look like white space.
 */
export function withoutBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return end - start === value.length ? value : value.slice(start, end);
}

/**
 * Whether a value contains a character that is not allowed in a field: NUL, a line end, or any other control character
 * except TAB.
 */
export function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < SPACE ? code !== TAB : code === DELETE) return true;
  }
  return false;
}

/** Returns the number of octets of a text in UTF-8. */
export function utf8Length(text: string): number {
  let octets = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // Each half of a surrogate pair counts for two of its four octets.
    octets += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return octets;
}
