import { fileURLToPath } from "node:url";
import { runProgram } from "./program.ts";

/** As the help says: and no more than that. */
const FLAGS = ["--no-prompt", "--allow-read", "--allow-write=.", "--allow-run=deno"];
const CLI = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

/** A folder in which projects are made. It goes with the scope of `await using`. */
export interface Workshop extends AsyncDisposable {
  readonly path: string;
  /** Writes a file. */
  write(name: string, text: string): void;
  /** Reads a file. */
  read(name: string): string;
  /** Runs `dinokit new`, which has to go well; gives what it printed. */
  make(...args: string[]): Promise<string>;
  /** Runs `dinokit new`, which has to fail with this code; gives what it printed on stderr. */
  refused(code: number, ...args: string[]): Promise<string>;
  /** Runs deno in a project, which has to go well; gives what it printed. */
  deno(project: string, ...args: string[]): Promise<string>;
  /** Runs deno in a project, which has to fail; gives what it printed. */
  failing(project: string, ...args: string[]): Promise<string>;
}

/**
 * Makes one, with these files.
 *
 * @param deno The path of Deno, which projects are made and run with.
 */
export function workshop(files: Record<string, string>, deno = Deno.execPath()): Workshop {
  const path = Deno.makeTempDirSync({ prefix: "dinokit_new_" });
  const env = { NO_COLOR: "1" };
  const run = async (cwd: string, args: string[]) => {
    const { code, stdout, stderr } = await runProgram({ path: deno, args, cwd, env }, 60_000);
    return { code, stdout, stderr, all: stdout + stderr };
  };
  const shop: Workshop = {
    path,
    write: (name, text) => Deno.writeTextFileSync(`${path}/${name}`, text),
    read: (name) => Deno.readTextFileSync(`${path}/${name}`),
    async make(...args) {
      const { code, all } = await run(path, ["run", ...FLAGS, CLI, "new", ...args]);
      if (code !== 0) throw new Error(`dinokit new ${args.join(" ")}: exit code ${code}\n${all}`);
      return all;
    },
    async refused(expected, ...args) {
      const { code, stdout, stderr } = await run(path, ["run", ...FLAGS, CLI, "new", ...args]);
      if (code !== expected || stdout !== "") {
        throw new Error(`dinokit new ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
      }
      return stderr;
    },
    async deno(project, ...args) {
      const { code, all } = await run(`${path}/${project}`, args);
      if (code !== 0) throw new Error(`deno ${args.join(" ")}: exit code ${code}\n${all}`);
      return all;
    },
    async failing(project, ...args) {
      const { code, all } = await run(`${path}/${project}`, args);
      if (code === 0) throw new Error(`deno ${args.join(" ")} went well:\n${all}`);
      return all;
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
  for (const [name, text] of Object.entries(files)) shop.write(name, text);
  return shop;
}

/** All that a project has to pass: format, lint, types and its own tests, which have no permission. */
export async function checkAll(shop: Workshop, project: string): Promise<string> {
  await shop.deno(project, "fmt", "--check");
  await shop.deno(project, "lint");
  await shop.deno(project, "task", "check");
  return await shop.deno(project, "task", "test");
}

/** The texts of all files of a project, by path. */
export function filesIn(shop: Workshop, project: string): Map<string, string> {
  const files = new Map<string, string>();
  const walk = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${shop.path}/${project}/${folder}`)) {
      const path = `${folder}${name}`;
      if (isDirectory) walk(`${path}/`);
      else if (path !== "deno.lock") files.set(path, shop.read(`${project}/${path}`)); // Deno itself writes that
    }
  };
  walk("");
  return files;
}

/** Gives a project other ports than the tutorial's, which may be taken here. Returns that of its calls. */
export function movePorts(shop: Workshop, projects: readonly string[], consul?: string): string {
  const listeners = [0, 0].map((port) => Deno.listen({ hostname: "127.0.0.1", port }));
  const [calls, health] = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  for (const project of projects) {
    for (const [path, text] of filesIn(shop, project)) {
      if (!/^(conf\/|deno\.json)/.test(path)) continue;
      const moved = text.replaceAll(":8888", `:${calls}`).replaceAll(":8889", `:${health}`);
      shop.write(`${project}/${path}`, consul ? moved.replaceAll("127.0.0.1:8500", consul) : moved);
    }
  }
  return `127.0.0.1:${calls}`;
}
