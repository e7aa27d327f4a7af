/**
 * How text of others goes into generated code: a .proto's path, names of types, comments. Nothing else in codegen/ may
 * do it.
 *
 * @module
 */

/**
 * Characters that end lines, or that change what people see of the text around them. Trojan Source, CVE-2021-42574,
 * used the latter.
 */
const HIDDEN = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A text whose hidden characters show, as escapes. */
export const visible = (text: string): string => text.replace(HIDDEN, escaped);

/** A text or another value of JSON as a literal. */
export const literal = (value: unknown): string => visible(JSON.stringify(value));

/** A text in one line of a comment, which it can't end. */
export const inComment = (text: string): string => visible(text).replaceAll("*/", "*\\/");

/** A doc comment; nothing in it can end it. */
export function doc(comment: string | undefined, fallback: string, deprecated = false, absent?: unknown): string {
  const tags = [
    ...(absent === undefined ? [] : ["", `@default {${JSON.stringify(absent)}}`]),
    ...(deprecated ? ["", "@deprecated"] : []),
  ];
  const lines = [...(comment || fallback).trim().split(/\r?\n/), ...tags].map((line) =>
    inComment(line.replaceAll("\t", "  "))
  );
  return lines.length === 1
    ? `/** ${lines[0]} */\n`
    : `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n`;
}
