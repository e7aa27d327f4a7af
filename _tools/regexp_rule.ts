/**
 * A plugin of `deno lint`: refuses regular expressions whose time grows with the square of a text that does not match,
 * as a peer may have chosen the text. `/ +$/` looks at each run of blanks once for every blank in it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** One piece of a pattern that matches characters, or one of the anchors `^` and `$`. */
interface Atom {
  readonly text: string;
  /** Whether it may match any number of characters. */
  readonly unbounded: boolean;
  /** Whether it may match none. */
  readonly optional: boolean;
}

const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/;
/** An escape, a class, the beginning of a group, or one character. */
const ATOM =
  /^(?:\\[pPu]\{[^}]*\}|\\u.{4}|\\x..|\\k<[^>]*>|\\c.|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?|[^])/;

/**
 * Returns the alternatives of a pattern, each as a list of atoms. Groups are ignored: their content counts as a part of
 * the alternative around them. For `^`, an alternative inside a group begins where the pattern begins.
 */
function waysThrough(pattern: string): Atom[][] {
  const ways: Atom[][] = [[]];
  let depth = 0;
  for (let at = 0; at < pattern.length;) {
    const [text] = ATOM.exec(pattern.slice(at))!;
    at += text.length;
    if (text === "|") ways.push(depth > 0 && ways[0]![0]?.text === "^" ? [ways[0]![0]] : []);
    else if (text.startsWith("(")) depth++;
    else {
      const quantifier = QUANTIFIER.exec(pattern.slice(at))?.[0] ?? "";
      at += quantifier.length;
      if (text === ")") depth--;
      else ways.at(-1)!.push(atomOf(text, quantifier));
    }
  }
  return ways;
}

const atomOf = (text: string, quantifier: string): Atom => ({
  text,
  unbounded: /^[*+]|,\}/.test(quantifier),
  optional: /^[*?]|^\{0/.test(quantifier),
});

/** Whether some character can be matched by both. */
function overlap(first: Atom, second: Atom, flags: string): boolean {
  const [a, b] = [first, second].map(({ text }) => new RegExp(`^(?:${text})$`, flags.replace(/[gy]/g, "")));
  return Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).some((c) => a!.test(c) && b!.test(c));
}

/** Why a regular expression may take quadratic time; undefined if it is none of the usual ones. */
export function slowness(pattern: string, flags: string): string | undefined {
  for (const atoms of waysThrough(pattern)) {
    const anchored = flags.includes("y") || atoms[0]?.text === "^" && !flags.includes("m");
    for (const [i, atom] of atoms.entries()) {
      if (!atom.unbounded) continue;
      const behind = atoms.slice(i + 1);
      const end = behind.findIndex(({ optional }) => !optional);
      if (end < 0) continue;
      const next = behind[end]!.text;
      if (!anchored && (next === "$" || i === 0 && atom.text === ".")) {
        return `${atom.text} is looked for from each place of the text up to ${next}; begin with ^, or use code`;
      }
      const rival = behind.slice(0, end + 1).find((candidate) =>
        candidate.unbounded && overlap(atom, candidate, flags)
      );
      if (rival) return `${atom.text} and ${rival.text} share characters, which are divided in all ways; use code`;
    }
  }
  return undefined;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The rest of the repository chooses its texts itself. */
const LIBRARY = /^(base|rpc|codec|tls|transport|registry|policy|config|codegen|server|client|cli)\/(?!.*_test\.ts$)/;

const plugin: Deno.lint.Plugin = {
  name: "dinokit-regexps",
  rules: {
    linear: {
      create(context) {
        if (!LIBRARY.test(context.filename.replace(ROOT, ""))) return {};
        return {
          Literal(node) {
            // Of a regular expression only this holds its text.
            const { raw } = node;
            if (!raw.startsWith("/")) return;
            const end = raw.lastIndexOf("/");
            const why = slowness(raw.slice(1, end), raw.slice(end + 1));
            if (why) context.report({ node, message: `${raw} may take quadratic time: ${why}` });
          },
        };
      },
    },
  },
};

export default plugin;
