/**
 * Checks the rules that no other tool knows: circles of imports, long lines, phrases that a reader has to decode,
 * numeric constants without their unit, variables whose names say nothing, and tags of doc comments that `deno doc` and
 * JSR would not show. `deno run --allow-read --allow-run=git _tools/house.ts` prints each violation.
 *
 * @module
 */

/** The most columns of a line, comments included. */
const MAX_COLUMNS = 120;

/** The circles where the data is recursive: a message holds fields, which hold messages. All files of each, sorted. */
const RECURSIVE_DATA: readonly string[] = [
  "rpc/json.ts, rpc/service.ts",
  "codec/binary/empty.ts, codec/binary/field.ts, codec/binary/message.ts",
  "codec/json/any.ts, codec/json/field.ts, codec/json/message.ts, codec/json/well_known.ts",
];

/** Phrases that a reader has to decode, as `style.md` names them, with what to write instead. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bso many (milli)?seconds\b/i, "name the number, with its unit"],
  [/\bis told\b/i, "say who reports what to whom"],
  [/\bwhat it has\b/i, "name it"],
  [/\bthe own zone\b/i, "its own zone"],
  [/\bstays? behind\b/i, "say what is not passed on"],
  [/\bevil (server|client|peer)s?\b/i, "hostile"],
  [/\bwhom sockets are accepted for\b/i, "receives accepted sockets"],
  [/\bwithout knowing\b/i, "transparently"],
  [/^(The same|Makes one|Ends that|Who calls)\.$/, "name the subject"],
];

const CONSTANT =
  /^ *(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = (?!0x)([-\d(][\d_. */()e+n-]*|[A-Z_]+ \* [\d_]+|\w+ \? [\d_]+ : [\d_]+);/;
/** What the name of a number's constant ends in: a unit, a rate or a count of things. */
const UNITS =
  /(^|_)(MS|S|BYTES|BITS?|RATIO|SHARE|FACTOR|DIVISOR|WEIGHT|DEPTH|ID|INDEX|VALUE|INTEGER|NUMBER|PROBABILITY|DIFFERENCE|TAG|HANDSHAKE|ALERT|[A-Z]+S|PER_[A-Z_]+)$|_LIMIT$/;

/** Names of variables and parameters that do not say what they hold. */
const VAGUE = "(one|what|way)";
/** Where a line declares such a name. Properties of objects are not meant. */
const VAGUE_DECLARATIONS: readonly RegExp[] = [
  `\\b(?:const|let) ${VAGUE}\\b`,
  // In a destructured list: `const [name, one] of`, `const { what } =`.
  `\\b(?:const|let) [[{][^=]*\\b${VAGUE}\\b(?!:)[^=]*[\\]}] (?:=|of) `,
  // As a parameter with a type, on the line of its parenthesis or on its own.
  `\\((?:(?:[^(){}[\\]]|\\{[^{}]*\\}|\\[[^[\\]]*\\])*, )?${VAGUE}\\??: `,
  `^ +${VAGUE}\\??: (?:string|number|boolean|unknown),$`,
  // As a parameter of an arrow function: `(one) =>`, `([name, one]) =>`.
  `\\((?:[^()]*[,[{ ])?${VAGUE}\\b(?!:)[^()]*\\)(?:: [^=]*)? =>`,
].map((source) => new RegExp(source));
/** Files that may have vague names. */
const MAY_BE_VAGUE = /^(codec|codegen|tests)\/|\/tests\/|_test\.ts$/;

const COMMENT_LINE = /^\s*(\/\*|\*|\/\/)/;
/** The parts of a comment that can't be broken: a URL and the specifier of an import. */
const UNBREAKABLE = /https?:\/\/\S+|\b(?:from|import) "[^"]+"/g;
/** Parts of code that can't be broken without reading worse: strings, templates and regular expressions. */
const LITERALS = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`?|\/\^?(?:\\.|[^/\\])+\/\w*/g;

const DOC_COMMENT = /\/\*\*(.*?)\*\//gs;
/** A tag at the beginning of a line is a tag; elsewhere it is plain text. In code quotes it is meant as text. */
const HIDDEN_TAG = /[^\s*].*?(?<![`\w])@(default|returns|param|throws)\b/;
/** The only form whose value is shown: JSR drops a text without braces, and what follows the first `}`. */
const DEFAULT_TAG = /^\s*\**\s*@default\b(?! \{[^{}]+\}\s*$)/;

/** The tags of doc comments that `deno doc` or JSR would not show. */
function hiddenTags(path: string, text: string): string[] {
  return Array.from(text.matchAll(DOC_COMMENT)).flatMap(({ index, 1: comment }) => {
    const first = text.slice(0, index).split("\n").length;
    return comment!.split("\n").flatMap((line, i) => {
      const at = `${path}:${first + i}`;
      const [, tag] = HIDDEN_TAG.exec(line) ?? [];
      if (tag) return [`${at}: @${tag} in the middle of a line is not a tag; put it on its own line`];
      return DEFAULT_TAG.test(line) ? [`${at}: write @default {value}, with no other braces and no text after it`] : [];
    });
  });
}

/** What breaks a rule within one file. */
export function problemsIn(path: string, text: string): string[] {
  const problems: string[] = path.endsWith(".ts") && !path.endsWith("_test.ts") ? hiddenTags(path, text) : [];
  for (const [i, line] of text.split("\n").entries()) {
    const at = `${path}:${i + 1}`;
    if (!path.endsWith(".ts")) break;
    const isComment = COMMENT_LINE.test(line);
    // Tests hold .proto files and programs as text.
    const isText = path.endsWith("_test.ts") && !isComment;
    if (!isText && isTooLong(line, isComment ? UNBREAKABLE : LITERALS)) {
      problems.push(`${at}: ${line.length} columns; ${MAX_COLUMNS} are the limit`);
    }
    const vague = isComment || MAY_BE_VAGUE.test(path) ? undefined : vagueName(line);
    if (vague) problems.push(`${at}: rename ${vague} to what it holds`);
    const [, name] = CONSTANT.exec(line) ?? [];
    if (name && !UNITS.test(name)) {
      problems.push(`${at}: ${name} is a number; end its name in its unit, such as _MS or _BYTES`);
    }
  }
  for (const [phrase, instead] of PHRASES) {
    for (const comment of path.endsWith(".md") ? [text] : commentsOf(text)) {
      const found = phrase.exec(comment);
      if (found) problems.push(`${path}: "${found[0]}" has to be decoded: ${instead}`);
    }
  }
  return problems;
}

/** Returns the first vague name that a line of code declares. */
const vagueName = (line: string): string | undefined =>
  VAGUE_DECLARATIONS.map((form) => form.exec(line)?.[1]).find((name) => name !== undefined);

/** Whether a line is too long. It may be as long as it must for the longest part that can't be broken. */
function isTooLong(line: string, unbreakable: RegExp): boolean {
  if (line.length <= MAX_COLUMNS) return false;
  const parts = line.match(unbreakable) ?? [];
  return line.length - Math.max(0, ...parts.map(({ length }) => length)) > MAX_COLUMNS;
}

/** The text of each comment, on one line. */
const commentsOf = (text: string): string[] =>
  [...text.matchAll(/\/\*\*?(.*?)\*\/|\/\/ ([^\n]*)/gs)].map(([, block, line]) =>
    (block ?? line!).replaceAll(/\s*\n\s*\* ?/g, " ").trim()
  );

const IMPORT = /^\s*(?:import|export)\b[^;"]*?from\s+"(\.[^"]+)"/gm;

/**
 * The circles of imports, of types too: each as the list of its files.
 *
 * @param files The text of each file, by its path from the root.
 */
export function circlesOf(files: ReadonlyMap<string, string>): string[][] {
  const imports = new Map(
    Array.from(files, ([path, text]) => [
      path,
      Array.from(text.matchAll(IMPORT), ([, specifier]) => new URL(specifier!, `file:///${path}`).pathname.slice(1)),
    ]),
  );
  // Tarjan's strongly connected components.
  const circles: string[][] = [], open: string[] = [];
  const numbers = new Map<string, number>(), lowest = new Map<string, number>();
  const visit = (path: string) => {
    numbers.set(path, numbers.size);
    lowest.set(path, numbers.get(path)!);
    open.push(path);
    for (const next of imports.get(path) ?? []) {
      if (!imports.has(next)) continue;
      if (!numbers.has(next)) visit(next);
      if (open.includes(next)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(next)!));
    }
    if (lowest.get(path) !== numbers.get(path)) return;
    const circle = open.splice(open.indexOf(path));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const path of imports.keys()) if (!numbers.has(path)) visit(path);
  return circles;
}

/** Returns how the circles differ from the allowed ones. Each circle is the list of its files, as one text. */
export const circleProblems = (circles: readonly string[], allowed = RECURSIVE_DATA): string[] => [
  ...circles.filter((circle) => !allowed.includes(circle)).map((circle) => `a circle of imports: ${circle}`),
  ...allowed.filter((circle) => !circles.includes(circle))
    .map((circle) => `_tools/house.ts: ${circle} is no whole circle any more; take it off the list`),
];

/** Every problem of the repository. */
async function problems(): Promise<string[]> {
  const root = new URL("..", import.meta.url);
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.md", ":!*.zh-CN.md", ":!:proto/*"],
    cwd: root,
  }).output();
  const paths = new TextDecoder().decode(stdout).split("\n").filter((path) => path && !path.includes("/proto/"));
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(new URL(path, root)).catch(() => "")));
  const files = new Map(paths.map((path, i) => [path, texts[i]!]));
  const circles = circlesOf(files).map((circle) => circle.join(", "));
  return [
    ...Array.from(files).flatMap(([path, text]) => problemsIn(path, text)),
    ...circleProblems(circles),
  ];
}

if (import.meta.main) {
  const found = await problems();
  for (const problem of found) console.error(problem);
  if (found.length > 0) Deno.exit(1);
}
