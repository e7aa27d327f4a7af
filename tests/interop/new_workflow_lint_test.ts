import { assertEquals, assertStringIncludes } from "@std/assert";
import { buildGo, type GoModule } from "../go_programs.ts";
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, {
  name: "env",
}];
const ACTIONLINT: GoModule = { folder: new URL("actionlint/", import.meta.url), packages: ["tool"] };
const TEMPLATE = new URL("../../cli/new/template/ci.yml", import.meta.url);

/** What actionlint complains of, a line each. It takes no other program, if there is one here. */
async function complaints(workflow: string): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".yml" });
  try {
    await Deno.writeTextFile(path, workflow);
    const args = ["-no-color", "-oneline", "-shellcheck=", "-pyflakes=", path];
    const { stdout, stderr } = await runProgram({ path: `${await buildGo(ACTIONLINT)}/actionlint`, args });
    return stdout + stderr;
  } finally {
    await Deno.remove(path);
  }
}

/** What is made of the workflow, by replacement, and a part of the complaint. */
const MISTAKES: [text: string, other: string, complaint: string][] = [
  ["ubuntu-latest", "ubuntu-newest", 'label "ubuntu-newest" is unknown'],
  ["timeout-minutes", "timeout", 'unexpected key "timeout"'],
  ["contents: read", "contents: reads", '"reads" is invalid as permission of scope "contents"'],
  ["checkout@", "checkout-", "specifying action"],
  ["deno fmt --check", "deno fmt ${{ matrix.os }}", 'property "os" is not defined'],
];

needs(PERMISSIONS, "dinokit new: actionlint accepts the workflow, and finds mistakes added to it", async () => {
  const workflow = await Deno.readTextFile(TEMPLATE);
  assertEquals(await complaints(workflow), "");
  for (const [text, other, complaint] of MISTAKES) {
    assertStringIncludes(await complaints(workflow.replace(text, other)), complaint);
  }
});
