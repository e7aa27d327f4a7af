/**
 * Checks the rules that no other tool knows: circles of imports, long lines, phrases that a reader has to decode,
 * numeric constants without their unit, and tags of doc comments that `deno doc` and JSR would not show. `deno run
 * --allow-read --allow-run=git _tools/house.ts` prints each violation.
 *
 * @module
 */

/** The most columns of a line, comments included. */
const MAX_COLUMNS = 120;

/** Circles where the data is recursive: a message holds fields, which hold messages. One file of each circle. */
const RECURSIVE_DATA: readonly string[] = ["rpc/service.ts", "codec/binary/message.ts", "codec/json/message.ts"];

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
  /^ *(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = (?!0x)([-\d(][\d_. */()e+-]*|[A-Z_]+ \* [\d_]+);/;
/** What the name of a number's constant ends in: a unit, a rate or a count of things. */
const UNITS =
  /(^|_)(MS|S|BYTES|BITS?|RATIO|SHARE|FACTOR|DIVISOR|WEIGHT|DEPTH|LIMIT|ID|INDEX|VALUE|INTEGER|NUMBER|PROBABILITY|DIFFERENCE|TAG|HANDSHAKE|ALERT|[A-Z]+S|PER_[A-Z_]+)$/;

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
    // Tests hold .proto files and programs as text.
    const isText = path.endsWith("_test.ts") && !/^\s*(\*|\/\/)/.test(line);
    if (!isText && isTooLong(line)) problems.push(`${at}: ${line.length} columns; ${MAX_COLUMNS} are the limit`);
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

/** A string can't be broken without reading worse: a line may be as long as it must for the longest one. */
function isTooLong(line: string): boolean {
  if (line.length <= MAX_COLUMNS) return false;
  const literals = line.match(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`?|\/\^?(?:\\.|[^/\\])+\/\w*/g) ?? [];
  return line.length - Math.max(0, ...literals.map(({ length }) => length)) > MAX_COLUMNS;
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
  const circles = circlesOf(files);
  const gone = RECURSIVE_DATA.filter((path) => !circles.some((circle) => circle.includes(path)));
  return [
    ...Array.from(files).flatMap(([path, text]) => problemsIn(path, text)),
    ...circles.filter((circle) => !circle.some((path) => RECURSIVE_DATA.includes(path)))
      .map((circle) => `a circle of imports: ${circle.join(", ")}`),
    ...gone.map((path) => `_tools/house.ts: ${path} is in no circle any more; take it off the list`),
  ];
}

if (import.meta.main) {
  const found = await problems();
  for (const problem of found) console.error(problem);
  if (found.length > 0) Deno.exit(1);
}
