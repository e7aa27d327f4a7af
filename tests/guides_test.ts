import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { blocksOf, follow, mover, quoted } from "./book.ts";
import { makeAuthority } from "./certificates.ts";
import { CONSUL_PERMISSIONS, type ConsulAgent, startConsul } from "./consul.ts";
import { needs } from "./needs.ts";

const ROOT = new URL("..", import.meta.url);
const BOOK = new URL("docs/book/", ROOT);

/** The guides; day 1 has a test of its own. */
const pages = () =>
  [...Deno.readDirSync(BOOK)].map(({ name }) => name)
    .filter((name) => !/^(README|day1)|zh-CN/.test(name)).sort();
const blocks = (page: string) => blocksOf(Deno.readTextFileSync(new URL(page, BOOK)));

needs([{ name: "read" }], "every block of the guides is executed, or marked with a reason", () => {
  const left = pages().flatMap((page) =>
    blocks(page).filter(({ language, words }) => /^(js |sh ignore|ts ignore types)/.test(`${language} ${words}`))
      .map(({ words }) => `${page}: ${words}`)
  );
  assertEquals(left, [
    "discovery.md: ignore goes on until Ctrl-C; tests/cli runs it",
    "import-by-url.md: ignore tests/import_by_url_test.ts does it with a server of its own",
    "import-by-url.md: ignore types: tests/import_by_url_test.ts runs it",
    "import-by-url.md: ignore tests/first_consumer_test.ts makes bundles and runs them",
    "migration.md: ignore needs Node and npm: tried by hand with grpc-js 1.14.7",
    "migration.md: ignore needs Node and npm: tried by hand with nice-grpc 2.1.18",
  ]);
  const known = /^(sh( (fails|server|consul|ignore \w.*))?|ts ignore( (run|serve|test|types: \w.*|file=\S+))?)$/;
  const words = pages().flatMap((page) => blocks(page).map(({ language, words }) => `${language} ${words}`.trim()));
  assertEquals(words.filter((one) => /^(sh|ts)\b/.test(one) && !known.test(one)), []);
});

/** Files that the pages speak of. */
async function furnish(folder: string): Promise<void> {
  const write = async (path: string, text: string, mode?: number) => {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text, { mode });
  };
  const proto = await Deno.readTextFile(new URL("proto/echo.proto", ROOT));
  await write("echo.proto", proto);
  await write("idl/echo.proto", proto);
  await write("token", "");
  const cli = fileURLToPath(new URL("cli/main.ts", ROOT));
  const command = `deno run -A --config=${quoted(fileURLToPath(new URL("deno.json", ROOT)))} ${quoted(cli)}`;
  await write("tools/dinokit", `#!/bin/sh\nexec ${command} "$@"\n`, 0o755);
  await using authority = await makeAuthority();
  await write("tls/ca.pem", authority.ca);
  for (
    const [name, usage] of [["server", "subjectAltName=DNS:echo.example"], ["client", "extendedKeyUsage=clientAuth"]]
  ) {
    const { cert, key } = await authority.sign(name!, usage!);
    await write(`tls/${name}.pem`, cert);
    await write(`tls/${name}.key`, key);
  }
}

/**
 * The same, and the rest of the guides' network and disk. What waits for callers far away is left out: there are none.
 */
function moverOf(folder: string, consul: string): (text: string) => string {
  const moved = mover(consul);
  return (text) =>
    moved(text.replaceAll(/10\.0\.0\.[56]:/g, "127.0.0.1:")).replaceAll("10.0.0.0/8", "127.0.0.0/8")
      .replaceAll("/run/secrets/consul", `${folder}/token`)
      .replaceAll(/^ +drainDelay: .*\n/gm, "").replaceAll(/^( +registry: consul\()/gm, "  drainDelay: 0,\n$1");
}

async function read(page: string, consul: ConsulAgent): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dinokit_guide_" });
  const moved = moverOf(folder, consul.address);
  try {
    await furnish(folder);
    await follow(blocks(page), {
      folder,
      consul,
      env: {
        NO_COLOR: "1",
        DENO_INSTALL_ROOT: folder,
        PATH: `${folder}/bin:${folder}/tools:${Deno.env.get("PATH")}`,
      },
      moved,
      after(cwd) {
        if (!cwd.endsWith("/hello")) return;
        for (const path of ["deno.json", "conf/dev/conf.yaml", "conf/test/conf.yaml"]) {
          Deno.writeTextFileSync(`${cwd}/${path}`, moved(Deno.readTextFileSync(`${cwd}/${path}`)));
        }
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

needs(CONSUL_PERMISSIONS, "the guides work as described", async (t) => {
  assert(pages().length > 9);
  await using consul = await startConsul();
  for (const page of pages()) await t.step(page, () => read(page, consul));
});
