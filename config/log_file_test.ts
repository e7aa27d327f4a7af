import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { needs } from "../tests/needs.ts";
import { LogFile, type LogFileOptions } from "./log_file.ts";
import { configLogger } from "./logger.ts";
import { parseConfig } from "./parse.ts";

const FILES: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }];
const BACKUP = /^echo-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/;

/** Runs with a folder that is not made yet. */
async function withFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await run(`${root}/a/log`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const options = (folder: string, more: Partial<LogFileOptions> = {}): LogFileOptions => ({
  path: `${folder}/echo.log`,
  maxBytes: 10,
  maxAge: 0,
  maxBackups: 0,
  ...more,
});

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const texts = (folder: string) => names(folder).map((name) => Deno.readTextFileSync(`${folder}/${name}`));

/** What a run of code writes to stderr. */
function stderrOf(run: () => void): string[] {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => lines.push(line);
  try {
    run();
  } finally {
    console.error = error;
  }
  return lines;
}

needs(FILES, "LogFile appends each line to the file as soon as it is written", async () => {
  await withFolder((folder) => {
    for (const [line, content] of [["one", "one\n"], ["two", "one\ntwo\n"]] as const) {
      using file = new LogFile(options(folder));
      file.write(line);
      assertEquals(texts(folder), [content]);
    }
  });
});

needs(FILES, "LogFile is put aside before it grows over its size, and no line is lost", async () => {
  await withFolder((folder) => {
    using file = new LogFile(options(folder));
    for (const line of ["1234", "1234", "12345", "é".repeat(20), "x"]) file.write(line);
    const all = names(folder);
    assertEquals(all.at(-1), "echo.log");
    for (const name of all.slice(0, -1)) assertMatch(name, BACKUP);
    assertEquals(texts(folder), ["1234\n1234\n", "12345\n", `${"é".repeat(20)}\n`, "x\n"]);
  });
});

needs(FILES, "LogFile counts the octets that the file held when it was opened", async () => {
  await withFolder((folder) => {
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(`${folder}/echo.log`, "12345678\n");
    using file = new LogFile(options(folder));
    file.write("1");
    assertEquals(texts(folder), ["12345678\n", "1\n"]);
  });
});

needs(FILES, "LogFile keeps the newest of the files that were put aside", async () => {
  await withFolder((folder) => {
    using file = new LogFile(options(folder, { maxBackups: 2 }));
    for (const line of ["aaaaaaaaa", "bbbbbbbbb", "ccccccccc", "ddddddddd"]) file.write(line);
    assertEquals(texts(folder), ["bbbbbbbbb\n", "ccccccccc\n", "ddddddddd\n"]);
  });
});

needs(FILES, "LogFile removes its expired files when it is opened, and no other files", async () => {
  await withFolder((folder) => {
    Deno.mkdirSync(folder, { recursive: true });
    const ago = (days: number) =>
      new Date(Date.now() - days * 86_400_000).toISOString().replaceAll(":", "-").slice(0, -1);
    const kept = [`echo-${ago(2)}.log`, `echo-${ago(9)}.txt`, `other-${ago(9)}.log`, "echo-old.log", "echo-1.log"];
    for (const name of [...kept, `echo-${ago(4)}.log`]) Deno.writeTextFileSync(`${folder}/${name}`, "");
    using _file = new LogFile(options(folder, { maxAge: 3 }));
    assertEquals(names(folder), [...kept, "echo.log"].sort());
  });
});

needs(FILES, "LogFile continues in the same file, and reports it, if rotation fails", async () => {
  await withFolder((folder) => {
    using file = new LogFile(options(folder));
    file.write("aaaaaaaaa");
    Deno.renameSync(folder, `${folder}.moved`);
    const said = stderrOf(() => file.write("bbbbbbbbb"));
    assertEquals(said.length, 1);
    assertMatch(said[0]!, /^log file .*echo\.log can't be put aside: /);
    assertEquals(texts(`${folder}.moved`), ["aaaaaaaaa\nbbbbbbbbb\n"]);
  });
});

needs(FILES, "LogFile sends its lines to stderr while it can't be written", async () => {
  await withFolder((folder) => {
    const file = new LogFile(options(folder));
    file[Symbol.dispose]();
    const said = stderrOf(() => ["one", "two"].forEach((line) => file.write(line)));
    assertMatch(said.shift()!, /^log file .*echo\.log can't be written; its lines go here until it can: /);
    assertEquals(said, ["one", "two"]);
  });
});

Deno.test({
  name: "LogFile names the key, the folder, the flags and the permission set if it may not write",
  ignore: Deno.permissions.querySync({ name: "write", path: "log" }).state === "granted",
  fn: () => {
    const { message } = assertThrows(() => new LogFile(options("log")), Deno.errors.NotCapable);
    for (
      const part of [
        "kitex.log_file_name needs permissions that this process does not have: write log",
        "--allow-write=log --allow-read=log",
        'Or in deno.json:\n    "permissions": { "NAME": {"write":["log"],"read":["log"]} }',
      ]
    ) assertStringIncludes(message, part);
    assertThrows(() => new LogFile({ ...options(""), path: "echo.log" }), Deno.errors.NotCapable, "write .; read .\n");
  },
});

needs(FILES, "configLogger() writes to the file that the settings name, from their level on", async () => {
  await withFolder(async (folder) => {
    const conf = `kitex:\n  service: a\n  address: ":1"\n  log_level: warn\n  log_file_name: ${folder}/echo.log\n`;
    using logger = configLogger((await parseConfig(conf, "conf.yaml", "test")).kitex);
    logger.info("not this");
    logger.warn("this", { times: 2 });
    assertMatch(texts(folder).join(), /^\S+ WARN {2}this times=2\n$/);
  });
});

Deno.test("configLogger() writes to stderr if the settings name no file", async () => {
  const { kitex } = await parseConfig("kitex: { service: a, address: ':1' }", "conf.yaml", "test");
  using logger = configLogger(kitex);
  const said = stderrOf(() => logger.info("hello"));
  assertEquals(said.length, 1);
  assertMatch(said[0]!, / INFO {2}hello$/);
});
