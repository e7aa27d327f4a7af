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
    summary: "A project that runs at once, from a .proto file",
    description:
      "Settings, a handler and a test for each method, a client, a container. Again in the same folder, after the " +
      ".proto has changed: adds what is new, and touches no file of yours.",
    examples: [
      ["dinokit new hello --idl proto/echo.proto", "a server and a client, in hello/"],
      [
        "dinokit new shop/user --idl echo.proto -I proto --server_name userservice --registry consul --type server",
        "a server alone, in Consul as userservice; the .proto and its imports are in proto/",
      ],
    ],
    permissions: [
      ["--allow-read", "the .proto files, and what the folder holds"],
      ["--allow-write=NAME", "the project"],
      ["--allow-run=deno", "to format, and to write deno.lock"],
    ],
  })
    .argument("<name>", "the project's folder")
    .requiredOption("--idl <file>", "the main .proto; it and what it imports are copied into idl/")
    .option("-I, --include <dir>", "where imports are looked for, and the main .proto; repeatable", collect)
    .option("--server_name <name>", "the service's name in the registry (default: the folder's)")
    .option("--type <type>", "server, client or both (default: both)")
    .option("--registry <kind>", "consul: register there, and look up there (default: no registry)")
    .option("--module <specifier>", "the kit, as the project imports it (default: what this command belongs to)")
    .option("--yes", "write into a folder that has files; none of yours is replaced")
    .action((name: string, { server_name: serverName, ...flags }: Flags) =>
      checkedAll(async () => {
        // Imported lazily: reading the templates may need a permission that no other command needs.
        const { run } = await import("../new/run.ts");
        await run({ name, serverName, ...flags });
      })
    );
}
