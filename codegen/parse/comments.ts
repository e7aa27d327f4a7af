import type { TokenReader } from "./token_reader.ts";
import type { Source, Token } from "./tokens.ts";

/**
 * What comments say of the statement that began at `first` and whose head was just read: those before it, and one
 * behind it.
 */
export function commentOf(source: Source, first: Token, tokens: TokenReader): string | undefined {
  const [after] = tokens.peek().comments;
  if (first.comments.length === 0 && after === undefined) return undefined;
  const lines: string[] = [];
  let next = source.lineAt(first.at);
  for (let i = first.comments.length - 1; i >= 0; i--) {
    const comment = first.comments[i]!;
    if (!comment.isFirst || next - source.lineAt(comment.end) > 1) break;
    lines.push(comment.text);
    next = source.lineAt(comment.at);
  }
  const line = source.lineAt(tokens.last.end);
  const trails = after && source.lineAt(after.at) === line && source.lineAt(tokens.peek().at) !== line;
  const parts = [lines.reverse().join("\n"), trails ? after.text : ""];
  return parts.map((part) => part.trim()).filter((part) => part !== "").join("\n\n") || undefined;
}
