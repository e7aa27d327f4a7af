import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadYaml } from "../deps.ts";
import { needs } from "./needs.ts";
import { type Outcome, runProgram } from "./program.ts";
import { type EmptyProject, emptyProject, serveKit } from "./served_kit.ts";

// What the workflow of a made project does on a machine of GitHub, but for its actions: each command in its shell, in a
// clone, in a home without anything.

const ALL: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "net" }, {
  name: "env",
}];

interface Machine extends AsyncDisposable {
  /** Runs a command as a step does. */
  run(command: string): Promise<Outcome>;
}

/** Clones what is committed. */
async function cloneOf(repository: string): Promise<Machine> {
  const home = await Deno.makeTempDir({ prefix: "dinokit_workflow_" });
  const env = {
    HOME: home,
    XDG_CACHE_HOME: `${home}/.cache`,
    DENO_DIR: `${home}/.cache/deno`,
    CI: "true",
    NO_COLOR: "1",
  };
  const clone = `${home}/work`;
  const git = await runProgram({ path: "git", args: ["clone", "--quiet", `file://${repository}`, clone], env });
  assertEquals(git.code, 0, git.stderr);
  // The shell of a step that names none:
  // https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
  const run = (command: string) => runProgram({ path: "bash", args: ["-e", "-c", command], cwd: clone, env }, 120_000);
  return { run, [Symbol.asyncDispose]: () => Deno.remove(home, { recursive: true }) };
}

async function commit(place: EmptyProject, folder: string): Promise<void> {
  const script =
    "git init --quiet && git add --all && git -c user.name=a -c user.email=a@a.test commit --quiet -m change";
  const { code, stderr } = await runProgram({ path: "bash", args: ["-c", script], cwd: `${place.path}/${folder}` });
  assertEquals(code, 0, stderr);
}

/** The commands of the workflow, in order. */
async function commandsOf(place: EmptyProject, folder: string): Promise<string[]> {
  const { parse } = await loadYaml();
  const { jobs } = parse(await place.read(`${folder}/.github/workflows/ci.yml`));
  assertEquals(Object.keys(jobs), ["test"]);
  return jobs.test.steps.flatMap(({ run }: { run?: string }) => run ?? []);
}

needs(
  ALL,
  "dinokit new: the commands of its workflow pass in a clone on an empty machine, and find outdated code",
  async () => {
    await using kit = await serveKit();
    await using place = await emptyProject();
    await place.write("echo.proto", await Deno.readTextFile(new URL("../proto/echo.proto", import.meta.url)));
    for (const type of ["both", "client"]) {
      const make = [`${kit.url}/cli/main.ts`, "new", type, "--idl", "echo.proto", "--type", type];
      await place.well("run", "-A", ...make);
      await commit(place, type);
      const commands = await commandsOf(place, type);
      assert(commands.length >= 5, commands.join("\n"));
      await using machine = await cloneOf(`${place.path}/${type}`);
      for (const command of commands) {
        const { code, stdout, stderr } = await machine.run(command);
        assertEquals(code, 0, `${type}: ${command}\n${stdout}${stderr}`);
      }
    }
    // A kit that was changed at its URL, and a package that deno.lock doesn't know.
    kit.instead.set(
      "rpc/status.ts",
      await Deno.readTextFile(new URL("../rpc/status.ts", import.meta.url)) + "// more\n",
    );
    await using other = await cloneOf(`${place.path}/both`);
    const install = (await commandsOf(place, "both"))[0]!;
    assertStringIncludes((await other.run(install)).stderr, "Integrity check failed");
    kit.instead.clear();
    await place.write("both/handlers/more_test.ts", `import "npm:yaml@2.8.1";\n`);
    await commit(place, "both");
    await using third = await cloneOf(`${place.path}/both`);
    assertStringIncludes((await third.run("deno task test --frozen")).stderr, "The lockfile is out of date");
    await Deno.remove(`${place.path}/both/handlers/more_test.ts`);
    // A .proto that changed, without `deno task gen`.
    const proto = await place.read("both/idl/echo.proto");
    await place.write(
      "both/idl/echo.proto",
      proto.replace("rpc Echo", "rpc More(Req) returns (Resp);\n  rpc Echo"),
    );
    await commit(place, "both");
    await using machine = await cloneOf(`${place.path}/both`);
    const { code, stdout } = await machine.run((await commandsOf(place, "both")).at(-1)!);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "+++ b/handlers/echo_service/more.ts");
  },
);
