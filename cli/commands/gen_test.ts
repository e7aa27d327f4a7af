import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { needs } from "../../tests/needs.ts";

const MAIN = new URL("../main.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const HEAD = `syntax = "proto3";\n`;
const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }, { name: "run" }];

/** Runs a test in a folder of its own with these files. */
function inFolder(name: string, files: Record<string, string>, fn: (folder: Folder) => Promise<void>): void {
  needs(PERMISSIONS, name, async () => {
    const path = await Deno.makeTempDir({ prefix: "dinokit_gen_" });
    try {
      const folder = new Folder(path);
      for (const [file, text] of Object.entries(files)) folder.write(file, text);
      await fn(folder);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  });
}

class Folder {
  constructor(readonly path: string) {}

  write(file: string, text: string): void {
    Deno.mkdirSync(join(this.path, file, ".."), { recursive: true });
    Deno.writeTextFileSync(join(this.path, file), text);
  }

  read(file: string): string {
    return Deno.readTextFileSync(join(this.path, file));
  }

  command(...args: string[]): Deno.Command {
    return this.#command(args, Deno.execPath());
  }

  /** With permission to run `deno`, as PATH finds it. */
  async genWithPath(path: string, ...args: string[]): Promise<{ code: number; err: string }> {
    const { code, stderr } = await this.#command(args, "deno", { PATH: path }).output();
    return { code, err: new TextDecoder().decode(stderr) };
  }

  #command(args: readonly string[], mayRun: string, env: Record<string, string> = {}): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--config",
        CONFIG,
        "--allow-read",
        "--allow-write=.",
        "--no-prompt",
        `--allow-run=${mayRun}`,
        MAIN,
        "gen",
        ...args,
      ],
      cwd: this.path,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async gen(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const { code, stdout, stderr } = await this.command(...args).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  }
}

const USER = {
  "idl/user.proto": HEAD + `package user;\nimport "common/money.proto";\nmessage User { common.Money money = 1; }\n`,
  "third_party/common/money.proto": HEAD + `package common;\nmessage Money { int64 cents = 1; }\n`,
};

inFolder("gen finds a file by the name that imports have for it", {
  "src/sub/a.proto": HEAD + "message A {}\n",
}, async (folder) => {
  const named = ["sub/a.proto", "-I", "src"];
  assertEquals(await folder.gen(...named), { code: 0, out: "wrote src/sub/a.ts\n", err: "" });
  assertEquals(await folder.gen(...named, "--out", "out"), { code: 0, out: "wrote out/sub/a.ts\n", err: "" });
});

inFolder("gen names a file in a folder that is a file", { "a.proto": HEAD }, async (folder) => {
  const { code, err } = await folder.gen("a.proto/b.proto");
  assertEquals([code, err], [2, "error: a.proto/b.proto: no such file; -I DIR adds a folder to look in\n"]);
});

inFolder("gen ignores hidden folders and node_modules", {
  "proto/a.proto": HEAD,
  "proto/node_modules/b/b.proto": HEAD,
  "proto/.git/c.proto": HEAD,
}, async (folder) => {
  assertEquals(await folder.gen(), { code: 0, out: "wrote proto/a.ts\n", err: "" });
});

inFolder("gen writes files and their imports into --out, under the names of the files", USER, async (folder) => {
  const { code, out, err } = await folder.gen("idl", "-I", "third_party", "--out", "gen", "--import", "npm:kit");
  assertEquals([code, err], [0, ""]);
  assertEquals(out, "wrote gen/user.ts\nwrote gen/common/money.ts\n");
  assertStringIncludes(folder.read("gen/user.ts"), `from "./common/money.ts"`);
  assertStringIncludes(folder.read("gen/user.ts"), `from "npm:kit"`);
});

inFolder("gen writes changed files only, and --check finds stale files", USER, async (folder) => {
  const args = ["idl/user.proto", "-I", "idl", "-I", "third_party", "--out", "gen"];
  assertEquals((await folder.gen(...args)).out, "wrote gen/user.ts\nwrote gen/common/money.ts\n");
  const before = Deno.statSync(join(folder.path, "gen/user.ts")).mtime;
  folder.write("third_party/common/money.proto", HEAD + `package common;\nmessage Money { int64 pence = 1; }\n`);
  const check = await folder.gen(...args, "--check");
  assertEquals([check.code, check.err], [1, "gen/common/money.ts is stale: run the same without --check\n"]);
  assertStringIncludes(folder.read("gen/common/money.ts"), "cents");
  assertEquals((await folder.gen(...args)).out, "wrote gen/common/money.ts\n");
  assertEquals(Deno.statSync(join(folder.path, "gen/user.ts")).mtime, before);
  assertEquals((await folder.gen(...args, "--check")).code, 0);
});

inFolder("gen writes --import as seen from each file, where it is a path", {
  "a/b/x.proto": HEAD + "message X {}\n",
  "a/y.proto": HEAD + "message Y {}\n",
}, async (folder) => {
  assertEquals((await folder.gen("a", "--out", "out", "--import", "./kit.ts")).code, 0);
  assertStringIncludes(folder.read("out/b/x.ts"), 'from "../../kit.ts";');
  assertStringIncludes(folder.read("out/y.ts"), 'from "../kit.ts";');
});

inFolder("gen reports the leftover code of a deleted .proto", {
  "proto/a.proto": HEAD + "message A {}\n",
  "proto/sub/b.proto": HEAD + "message B {}\n",
  "proto/own.ts": "// mine\n",
}, async (folder) => {
  await folder.gen();
  Deno.removeSync(join(folder.path, "proto/sub/b.proto"));
  const left = "proto/sub/b.ts is left over: its .proto is gone; delete it\n";
  assertEquals(await folder.gen("--check"), { code: 1, out: "", err: left });
  assertEquals(await folder.gen(), { code: 0, out: "", err: `warning: ${left}` });
});

inFolder("gen continues after an error, and reports the position of every error", {
  "a/one.proto": HEAD + "message A {\n  string a = 0;\n}\n",
  "a/two.proto": HEAD + "message B {}\n",
  "a/three.proto": HEAD + `import "two.proto";\nimport "four.proto";\n`,
  "b/four.proto": HEAD + "message C {\n  Nope nope = 1;\n}\n",
}, async (folder) => {
  const { code, out, err } = await folder.gen("a", "-I", "b");
  assertEquals([code, out], [1, "wrote a/two.ts\n"]);
  assertEquals(err.trim().split("\n"), [
    "a/one.proto:3:14: the number 0 of a is not from 1 to 536870911; take another",
    "b/four.proto:3:3: there is no type Nope; declare it or import its file",
  ]);
});

inFolder("gen rejects control characters in paths, and quotes other special characters", {
  "p/a\nalert(1);.proto": HEAD,
  "p/b\u2028alert(2);.proto": HEAD,
  "p/ok.proto": HEAD + `import "x*/c.proto";\nimport 'q"; alert(3); "/d.proto';\nmessage M { C c = 1; D d = 2; }\n`,
  "p/x*/c.proto": HEAD + "message C {}\n",
  'p/q"; alert(3); "/d.proto': HEAD + "// */ alert(4);\nmessage D {}\n",
}, async (folder) => {
  const { code, out, err } = await folder.gen("p", "--import", "npm:kit");
  assertEquals([code, out.split("\n").length], [1, 4]);
  const text = ".proto:1:1: the name of a file can't hold control characters or line ends; rename the file";
  assertEquals(err, `p/a\\u000aalert(1);${text}\np/b\\u2028alert(2);${text}\n`);
  assertStringIncludes(folder.read("p/ok.ts"), `from "./q%22;%20alert(3);%20%22/d.ts";`);
  assertStringIncludes(folder.read("p/x*/c.ts"), "/** The descriptor of x*\\/c.proto. */");
  assertStringIncludes(folder.read('p/q"; alert(3); "/d.ts'), "/** *\\/ alert(4); */");
});

inFolder("gen writes files unformatted if the formatter crashes, and continues", {
  "p/a.proto": HEAD + "message A {}\n",
  "p/b.proto": HEAD + "message B {}\n",
  "bin/deno": "#!/bin/sh\nkill -SEGV $$\n",
}, async (folder) => {
  Deno.chmodSync(join(folder.path, "bin/deno"), 0o755);
  const { code, err } = await folder.genWithPath(join(folder.path, "bin"), "p");
  const warning = (name: string) => `warning: p/${name}.ts is not formatted: deno fmt failed: SIGSEGV\n`;
  assertEquals([code, err], [0, warning("a") + warning("b")]);
  assertStringIncludes(folder.read("p/b.ts"), "export const B: ");
});

inFolder("line breaks in a folder's path start no new line of output", {
  "a\nb/a.proto": HEAD + "message A {}\n",
  "a\nb/gone.ts": "// Generated by Dinokit from gone.proto. Do not edit",
  "bin/deno": "#!/bin/sh\necho 'no \x1b[31mred' >&2\nexit 1\n",
}, async (folder) => {
  const stale = await folder.gen("a\nb", "--check");
  assertEquals(stale.err.split("\n").map((line) => line.slice(0, 9)), ["a\\u000ab/", "a\\u000ab/", ""]);
  assertEquals((await folder.gen("a\nb")).out, "wrote a\\u000ab/a.ts\n");
  Deno.chmodSync(join(folder.path, "bin/deno"), 0o755);
  const { err } = await folder.genWithPath(join(folder.path, "bin"), "a\nb");
  const text = "a\\u000ab/a.ts is not formatted: deno fmt failed: no \\u001b[31mred";
  assertEquals(err.split("\n")[0], `warning: ${text}`);
});

inFolder("gen needs no code for a file that is imported only for its options", {
  "idl/a.proto": HEAD + `import "rules.proto";\nmessage M { int32 x = 1 [(rules).least = 1]; }\n`,
  "third/rules.proto": `syntax = "proto2";\nimport "google/protobuf/descriptor.proto";
message Rules { required int32 least = 1; optional google.protobuf.FieldDescriptorProto.Type type = 2; }
extend google.protobuf.FieldOptions { optional Rules rules = 50000; }\n`,
}, async (folder) => {
  assertEquals(await folder.gen("idl", "-I", "third"), { code: 0, out: "wrote idl/a.ts\n", err: "" });
  assertStringIncludes(folder.read("idl/a.ts"), `"custom_options": "grUYAggB"`);
});

inFolder("gen warns of unused imports, which is no failure", {
  "proto/a.proto": HEAD + `import "b.proto";\nmessage A {}\n`,
  "proto/b.proto": HEAD + `message B {}\n`,
}, async (folder) => {
  const { code, out, err } = await folder.gen();
  assertEquals([code, out], [0, "wrote proto/a.ts\nwrote proto/b.ts\n"]);
  assertEquals(err, "warning: proto/a.proto:2:8: nothing of b.proto is used; remove the import\n");
});

inFolder("gen exits with 2 if the command is wrong, and --help shows the permissions", {}, async (folder) => {
  const cases = [["--chekc"], ["nowhere"], [], [".", "-I", "nofolder"], [".", "--watch", "--check"]];
  for (const args of cases) assertEquals((await folder.gen(...args)).code, 2);
  const { code, out } = await folder.gen("--help");
  assertEquals(code, 0);
  assertMatch(out, /--allow-read.*--allow-write.*--allow-run=deno/s);
});

inFolder("gen --watch writes again when a .proto has changed, and survives errors in it", {
  "proto/a.proto": HEAD + "message A { string one = 1; }\n",
}, async (folder) => {
  await using child = folder.command("--watch").spawn();
  const lines = linesOf(child.stdout);
  const notes = linesOf(child.stderr);
  await until(lines, "wrote proto/a.ts");
  await until(notes, "watching");
  folder.write("proto/a.proto", HEAD + "message A { string one = 0; }\n");
  await until(notes, "proto/a.proto:2:26: the number 0");
  folder.write("proto/a.proto", HEAD + "message A { string two = 1; }\n");
  await until(lines, "wrote proto/a.ts");
  assertStringIncludes(folder.read("proto/a.ts"), "two: string");
  await until(notes, "no mistakes any more");
  child.kill();
  await child.status;
  await Promise.all([lines.return(), notes.return()]);
});

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** Reads up to a line that begins so. */
async function until(lines: AsyncGenerator<string, void, void>, start: string): Promise<void> {
  const end = AbortSignal.timeout(30_000);
  while (true) {
    end.throwIfAborted();
    const { value, done } = await lines.next();
    if (done) throw new Error(`it ended before a line that begins with: ${start}`);
    if (value.startsWith(start)) return;
  }
}

inFolder("gen formats with the deno on PATH, which may be a link, and reports a missing one", {
  "a.proto": `${HEAD}message A {}\n`,
}, async (folder) => {
  for (const name of ["first", "second", "none"]) Deno.mkdirSync(join(folder.path, name));
  Deno.symlinkSync(Deno.execPath(), join(folder.path, "first/deno"));
  Deno.symlinkSync("../first/deno", join(folder.path, "second/deno"));
  const [linked, none] = ["second", "none"].map((name) => join(folder.path, name));
  const { code, err } = await folder.genWithPath(none!, "a.proto");
  assertEquals(code, 1);
  assertStringIncludes(
    err,
    `error: there is no deno on PATH to format with; run again with --allow-run=${Deno.execPath()}`,
  );
  assertEquals(await folder.genWithPath(linked!, "a.proto"), { code: 0, err: "" });
  assertStringIncludes(folder.read("a.ts"), "export type A = ");
});
