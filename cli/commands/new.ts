import { collect, command } from "./command.ts";
import type { Command } from "../deps.ts";
import { checkedAll } from "../output/failure.ts";

interface Flags {
  idl: string;
  include?: string[];
  server_name?: string;
  type?: string;
  registry?: string;
  module?: string;
  yes?: true;
}

/** Creates the command `dinokit new`. */
export function newCommand(): Command {
  return command("new", {
    summary: "Creates a project from a .proto file, ready to run",
    description:
      "The project has settings, a handler and a test for each method, a client and a container. After a change " +
      "of the .proto, run it again for the same folder: it adds the new methods, and changes none of your files.",
    examples: [
      ["dinokit new hello --idl proto/echo.proto", "a server and a client, in hello/"],
      [
        "dinokit new shop/user --idl echo.proto -I proto --server_name userservice --registry consul --type server",
        "only a server, in Consul as userservice; the .proto and its imports are in proto/",
      ],
    ],
    permissions: [
      ["--allow-read", "the .proto files and the folder"],
      ["--allow-write=NAME", "the project"],
      ["--allow-run=deno", "to format, and to write deno.lock"],
    ],
  })
    .argument("<name>", "the project's folder")
    .requiredOption("--idl <file>", "the main .proto; it is copied into idl/ with its imports")
    .option("-I, --include <dir>", "a folder with the main .proto or imports; repeatable", collect)
    .option("--server_name <name>", "the service's name in the registry (default: the name of the folder)")
    .option("--type <type>", "server, client or both (default: both)")
    .option("--registry <kind>", "consul: register and look up services there (default: no registry)")
    .option("--module <specifier>", "the import of Dinokit in the project (default: the copy of this command)")
    .option("--yes", "write into a folder that is not empty; your files are not replaced")
    .action((name: string, { server_name: serverName, ...flags }: Flags) =>
      checkedAll(async () => {
        const { run } = await import("../new/run.ts");
        await run({ name, serverName, ...flags });
      })
    );
}
