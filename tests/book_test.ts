import { assert, assertEquals, assertMatch } from "@std/assert";
import { blocksOf, follow, mover } from "./book.ts";
import { CONSUL_PERMISSIONS, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";

const ROOT = new URL("..", import.meta.url);
const BOOK = new URL("docs/book/", ROOT);
const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];

const text = (name: string) => Deno.readTextFileSync(new URL(name, BOOK));
const pages = () => [...Deno.readDirSync(BOOK)].map(({ name }) => name);
const isEnglish = (name: string) => !name.endsWith(".zh-CN.md");

needs(READ, "every command of day 1 is executed, or marked with a reason", () => {
  for (const { language, words } of blocksOf(text("day1.md"))) {
    if (language === "sh") assertMatch(words, /^(server|consul|ignore \w.+)?$/);
  }
});

needs(READ, "every page is there in Chinese, with the same blocks, headings and rows as in English", () => {
  const bare = (name: string) => blocksOf(text(name)).map(({ text, ...block }) => ({ ...block, text: code(text) }));
  const prose = (name: string) => text(name).replaceAll(/^```.*?^```$/gms, "");
  const levels = (name: string) => [...prose(name).matchAll(/^(#+) /gm)].map(([, level]) => level);
  const rows = (name: string) => [...prose(name).matchAll(/^\|/gm)].length;
  for (const name of pages().filter(isEnglish)) {
    const chinese = name.replace(".md", ".zh-CN.md");
    assertEquals(bare(chinese), bare(name), chinese);
    assertEquals([levels(chinese), rows(chinese)], [levels(name), rows(name)], chinese);
  }
});

needs(READ, "the pages in Chinese explain the same error texts, set the same keys and ask for the same flags", () => {
  const said = (name: string, form: RegExp) => [...text(name).matchAll(form)].map(([, one]) => one);
  const forms: [string, RegExp][] = [
    ["troubleshooting", /^### (.*)$/gm],
    ["config", /^\| (`[^|]*`) +\|/gm],
    ["permissions", /(`--allow-[^`]*`)/g],
    ["migration", /^\| (`[^|]*`) +\|/gm],
  ];
  for (const [name, form] of forms) {
    const english = said(`${name}.md`, form);
    assert(english.length > 10, name);
    assertEquals(said(`${name}.zh-CN.md`, form).toSorted(), english.toSorted(), name);
  }
});

/** Without comments: those are translated. */
const code = (text: string) => text.replaceAll(/\s*(\/\/|# ).*/g, "");

needs(READ, "the contents list every page, in each language its existing pages", () => {
  const outside = [...Deno.readDirSync(new URL("..", BOOK))].filter(({ isFile }) => isFile).map(({ name }) => name);
  const all = [...pages().filter((name) => !name.startsWith("README")), ...outside.map((name) => `../${name}`)];
  for (const contents of ["README.md", "README.zh-CN.md"]) {
    const translated = (name: string) => all.includes(name.replace(".md", ".zh-CN.md"));
    const named = all.filter((name) => isEnglish(contents) ? isEnglish(name) : !isEnglish(name) || !translated(name));
    const links = [...text(contents).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    assertEquals(named.filter((name) => !links.includes(name)), [], contents);
  }
});

needs(CONSUL_PERMISSIONS, "day 1 works as the page describes", async () => {
  await using agent = await startConsul({ running: false });
  const folder = await Deno.makeTempDir({ prefix: "dinokit_day1_" });
  const moved = mover(agent.address);
  const moveFile = (path: string) => Deno.writeTextFileSync(path, moved(Deno.readTextFileSync(path)));
  try {
    await follow(blocksOf(text("day1.md")), {
      folder,
      consul: agent,
      env: { NO_COLOR: "1", DENO_INSTALL_ROOT: folder, PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
      moved,
      after(cwd) {
        if (!cwd.endsWith("/hello")) return;
        for (const path of ["deno.json", "conf/dev/conf.yaml", "conf/test/conf.yaml"]) moveFile(`${cwd}/${path}`);
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
