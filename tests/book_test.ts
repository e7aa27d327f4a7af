import { assert, assertEquals, assertMatch } from "@std/assert";
import { blocksOf, follow } from "./book.ts";
import { CONSUL_PERMISSIONS, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";
import { runProgram } from "./program.ts";

const ROOT = new URL("..", import.meta.url);
const BOOK = new URL("docs/book/", ROOT);
const READ: Deno.PermissionDescriptor[] = [{ name: "read" }];

const text = (name: string) => Deno.readTextFileSync(new URL(name, BOOK));
const pages = () => [...Deno.readDirSync(BOOK)].map(({ name }) => name);

needs(READ, "every command of day 1 is executed, or says why not", () => {
  for (const { language, words } of blocksOf(text("day1.md"))) {
    if (language === "sh") assertMatch(words, /^(server|consul|ignore \w.+)?$/);
  }
});

const RUN: Deno.PermissionDescriptor[] = [...READ, { name: "write" }, { name: "run" }];

needs(RUN, "the TypeScript of the book has the types that it should", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dinokit_book_" });
  try {
    for (const name of pages()) {
      // Those with a file are part of day 1, where `deno task check` sees them.
      const snippets = blocksOf(text(name)).filter(({ language, words }) => language === "ts" && words === "ignore");
      for (const [index, { text }] of snippets.entries()) {
        const code = text.replace("@dinokit/dinokit", `${ROOT}mod.ts`).replace("../../", `${ROOT}`);
        await Deno.writeTextFile(`${folder}/${name}_${index}.ts`, code);
      }
    }
    const files = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
    assert(files.length > 8);
    const args = ["check", "--config", new URL("deno.json", ROOT).pathname, ...files];
    const { code, stderr } = await runProgram({ path: Deno.execPath(), args, env: { NO_COLOR: "1" } }, 60_000);
    assertEquals(code, 0, stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

needs(READ, "a page in Chinese has the same blocks as in English", () => {
  const chinese = pages().filter((name) => name.endsWith(".zh-CN.md"));
  assert(chinese.length > 0);
  const bare = (name: string) => blocksOf(text(name)).map(({ text, ...block }) => ({ ...block, text: code(text) }));
  for (const name of chinese) assertEquals(bare(name), bare(name.replace(".zh-CN", "")), name);
});

/** Without comments: those are translated. */
const code = (text: string) => text.replaceAll(/\s*(\/\/|# ).*/g, "");

needs(READ, "every file that the book links to is there, and the contents name every page", () => {
  for (const name of pages()) {
    const links = [...text(name).matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link!);
    for (const link of links.filter((link) => !link.includes("://"))) Deno.statSync(new URL(link, new URL(name, BOOK)));
  }
  const contents = text("README.md") + text("README.zh-CN.md");
  const others = [...Deno.readDirSync(new URL("..", BOOK))].filter(({ isFile }) => isFile).map(({ name }) =>
    `../${name}`
  );
  assertEquals(others.filter((name) => !contents.includes(`(${name})`)), []);
  assertEquals(pages().filter((name) => !name.startsWith("README") && !contents.includes(`(${name})`)), []);
});

needs(READ, "every text that troubleshooting.md explains is one of the code", () => {
  const code = ["client", "config", "registry", "rpc", "server", "transport"].map((folder) => sources(folder)).join();
  const texts = [...text("troubleshooting.md").matchAll(/^### `(.*)`$/gm)].map(([, one]) => one!);
  assert(texts.length > 20);
  const pieces = texts.flatMap((one) => one.split("...")).map((one) => one.trim()).filter((one) => /\w{2}/.test(one));
  assertEquals(pieces.filter((one) => !code.includes(one)), []);
});

/** The code of a folder, without its tests. */
function sources(folder: string): string {
  return [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name, isDirectory }) => {
    if (isDirectory) return sources(`${folder}/${name}`);
    return /(?<!_test)\.ts$/.test(name) ? Deno.readTextFileSync(new URL(`${folder}/${name}`, ROOT)) : "";
  }).join();
}

/** Gives the page's addresses others, which are free here; and the clone is this one. */
function mover(consul: string): (text: string) => string {
  const listeners = [0, 0].map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  const [calls, health] = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  const cli = new URL("cli/main.ts", ROOT).pathname;
  return (text) =>
    text.replaceAll("dinokit/cli/main.ts", cli).replaceAll(":8888", `:${calls}`).replaceAll(":8889", `:${health}`)
      .replaceAll("127.0.0.1:8500", consul);
}

needs(CONSUL_PERMISSIONS, "day 1 goes as the page says", async () => {
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
