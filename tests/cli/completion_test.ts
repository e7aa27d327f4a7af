import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

/** Registers a test with a shell: of its completion script, in a folder that has nothing but that and a .proto. */
function inShell(shell: string, name: string, test: (folder: string) => Promise<void>): void {
  const missing = Deno.permissions.querySync({ name: "run" }).state === "granted" && !isInstalled(shell);
  if (missing) return Deno.test({ name: `${name} (ignored: there is no ${shell} on PATH)`, ignore: true, fn() {} });
  needs(CLI_PERMISSIONS, name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dinokit_completion_" });
    try {
      const { stdout } = await dinokit(["completions", shell], { flags: [] });
      await Deno.writeTextFile(`${folder}/script`, stdout);
      await Deno.writeTextFile(`${folder}/only.proto`, "");
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function isInstalled(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Runs a shell, which has to say nothing on stderr; gives the lines that it printed. */
async function run(path: string, args: readonly string[], cwd: string): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram({ path, args, cwd });
  assertEquals([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n");
}

inShell("bash", "dinokit completes commands and flags in bash", async (folder) => {
  const complete = (...words: string[]) => {
    const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length - 1}`;
    const program = `source ./script; ${set}; _dinokit; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run("bash", ["--norc", "-c", program], folder);
  };
  assertEquals(await complete("dinokit", "c"), ["call", "completions"]);
  assertEquals(await complete("dinokit", "call", "--ti"), ["--timeout"]);
  assertEquals(await complete("dinokit", "call", "x"), [""]);
  assertEquals(await complete("dinokit", "completions", ""), ["bash", "zsh", "fish"]);
  assertEquals(await complete("dinokit", "help", "c"), ["call", "completions"]);
  assertEquals(await complete("dinokit", "new", "x", "--type", ""), ["server", "client", "both"]);
});

inShell("fish", "dinokit completes commands, flags and files in fish", async (folder) => {
  const complete = (line: string) => run("fish", ["-N", "-c", `source ./script; complete -C '${line}'`], folder);
  const commands = await complete("dinokit c");
  assertEquals(commands.map((line) => line.split("\t")[0]), ["call", "completions"]);
  assertMatch(commands[0]!, /\tCalls a method/);
  assertMatch((await complete("dinokit call --ti")).join(), /^--timeout\t[^,]*how long/);
  assertEquals(await complete("dinokit health --meth"), [""]);
  assertEquals(await complete("dinokit gen on"), ["only.proto"]);
  const words = async (line: string) => (await complete(line)).map((one) => one.split("\t")[0]);
  assertEquals((await words("dinokit completions ")).sort(), ["bash", "fish", "zsh"]);
  assertEquals(await words("dinokit help c"), ["call", "completions"]);
  assertEquals((await words("dinokit new x --type ")).sort(), ["both", "client", "server"]);
  assertEquals(await words("dinokit new x --registry "), ["consul"]);
  assertEquals(await words("dinokit new --he"), ["--help"]);
});

/** A zsh with a terminal in it: there dinokit says what it was called with. */
const START = `zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'PS1="> "; dinokit() { print -r -- "RAN""[$*]" }; autoload -Uz compinit; compinit -D -u; source ./script; print READ""Y'
zpty -r inner line '*READY*'
`;

inShell("zsh", "dinokit completes commands, flags and files in zsh", async (folder) => {
  const each = `${START}for keys in "$@"; do
    zpty -w -n inner "\${(g::)keys}"
    zpty -r inner line '*RAN\\[*\\]*'
    print -r -- \${\${line##*RAN\\[}%%\\]*}
  done`;
  const keys = [
    "comp\\t",
    "call --ti\\t5s",
    "list --meth\\t",
    "gen on\\t",
    "completions b\\t",
    "help comp\\t",
    "new x --type se\\t",
  ].map((one) => `dinokit ${one}\\n`);
  const ran = await run("zsh", ["-f", "-c", each, "zsh", ...keys], folder);
  assertEquals(ran, [
    "completions",
    "call --timeout 5s",
    "list --methods",
    "gen only.proto",
    "completions bash",
    "help completions",
    "new x --type server",
  ]);
  // Of several it shows what each does.
  const several = `${START}zpty -w -n inner $'dinokit c\\t'; zpty -r inner line '*script*shell*'; print -r -- $line`;
  const shown = (await run("zsh", ["-f", "-c", several], folder)).join("\n");
  for (const text of ["call", "Calls a method of any kind with JSON", "completions"]) assertStringIncludes(shown, text);
});
