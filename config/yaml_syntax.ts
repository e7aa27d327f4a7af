/**
 * Messages for YAML errors, by the parser's error codes. The parser's own messages are not used, because they can quote
 * the source, which may contain secrets.
 */
const TEXTS: Record<string, string> = {
  ALIAS_PROPS: 'has an anchor or a tag before an alias; put a text that begins with "*", "&" or "!" in quotes',
  BAD_ALIAS: 'has an alias or anchor without a name; put a text that begins with "*" or "&" in quotes',
  BAD_DQ_ESCAPE: 'has an unknown escape in a text in double quotes; write "\\\\" for a backslash, or use single quotes',
  BAD_INDENT: 'is indented wrongly; give all keys of a section the same number of spaces, and close each "[" and "{"',
  BAD_SCALAR_START: 'has a value that begins with a sign of YAML such as "@", "`" or "%"; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'has more than one key in the line; put each key in its own line, and a text with ": " in quotes',
  MISSING_CHAR: 'lacks a sign: a closing quote, a ":" after a key, or a "," between items',
  MULTIPLE_DOCS: 'begins a second document; keep one, and remove the line "---"',
  MULTILINE_IMPLICIT_KEY: 'has a key without ":" after it, or one of several lines',
  NON_STRING_KEY: "has a key that is not a text",
  RESOURCE_EXHAUSTION: "is nested too deeply for settings",
  TAB_AS_INDENT: "is indented with a tab; use spaces",
  TAG_RESOLVE_FAILED: 'has a tag, which settings don\'t use; put a text that begins with "!" in quotes',
  UNEXPECTED_TOKEN: "has something that can't stand there; look for a stray bracket, comma or quote",
};

/** Returns what is wrong with a line of YAML, and what to do. */
export function syntaxText(code: string): string {
  return TEXTS[code] ?? `is not YAML (${code})`;
}
