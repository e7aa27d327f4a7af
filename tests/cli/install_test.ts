import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import denoJson from "../../deno.json" with { type: "json" };
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A program `dinokit` as `deno install -g` makes it, in a folder that goes with the scope. */
async function install() {
  const root = await Deno.makeTempDir();
  const { code, stderr } = await runProgram({
    path: Deno.execPath(),
    args: ["install", "-g", "-A", "--root", root, "-n", "dinokit", `${ROOT}cli/main.ts`],
    cwd: root,
  });
  assertEquals(code, 0, stderr);
  return { root, bin: `${root}/bin`, [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }) };
}

needs(CLI_PERMISSIONS, "deno install -g installs dinokit, which runs in any folder", async () => {
  await using installed = await install();
  const { code, stdout } = await runProgram({ path: `${installed.bin}/dinokit`, args: ["-V"], cwd: installed.root });
  assertEquals([code, stdout], [0, `${denoJson.version}\n`]);
});

needs(
  CLI_PERMISSIONS,
  "help, version and completions need no permission, and have no colours but on a terminal",
  async () => {
    for (const args of [["--help"], ["call", "--help"], ["help", "watch"], ["-V"], ["completions", "zsh"]]) {
      const { code, stdout, stderr } = await dinokit(args, { flags: [] });
      assertEquals([code, stderr], [0, ""], args.join(" "));
      assert(!stdout.includes("\x1b"));
    }
    const { code, stderr } = await dinokit([], { flags: [] });
    assertEquals(code, 2);
    assertStringIncludes(stderr, "Usage: dinokit");
    const shell = await dinokit(["completions", "csh"], { flags: [] });
    assertEquals(shell.code, 2);
  },
);
