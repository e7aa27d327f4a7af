/**
 * What may stand in the value of a header field, for HTTP/2, metadata and metainfo alike.
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
 * The value without the spaces and tabs around it, which are no part of it. `String.trim` would also take octets of
 * UTF-8 for blanks.
 */
export function withoutBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return end - start === value.length ? value : value.slice(start, end);
}

/** Whether a value has a character that no field carries: NUL, a line end, or another control character but TAB. */
export function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < SPACE ? code !== TAB : code === DELETE) return true;
  }
  return false;
}

/** The octets of a text in UTF-8. */
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
