import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { emitFile } from "../codegen/emit/emit.ts";
import { loadProto } from "../codegen/load/load.ts";
import { ProtoProblem } from "../codegen/problem.ts";
import { needs } from "./needs.ts";
import { runProgram } from "./program.ts";

// Small .proto files, and what protoc 33 says of each. They lie outside of the repository.

const FOLDER = new URL("../../shared/data/cases/proto/", import.meta.url);
/** What generated code needs of the kit, without the rest. */
const KIT = fileURLToPath(new URL("../codec/mod.ts", import.meta.url));
/** To type-check about 80 files takes 5 s on a quiet machine. */
const CHECK_MS = 180_000;

const mayRead = Deno.permissions.querySync({ name: "read", path: FOLDER }).state === "granted";
const isThere = mayRead && [...readFolder(new URL("../../shared/data/", import.meta.url))].includes("cases");

function readFolder(folder: URL): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What protoc says of the files of a kind: `accepted` or `refused`. */
const verdictsOf = (kind: string): [file: string, verdict: string][] =>
  Deno.readTextFileSync(new URL(`${kind}/expected.txt`, FOLDER)).trim().split("\n")
    .map((line) => line.split(": ") as [string, string]);

/** The TypeScript of a file; undefined if it is refused. */
function generated(kind: string, file: string): string | undefined {
  try {
    const files = loadProto(file, (name) => {
      return name === file ? Deno.readTextFileSync(new URL(`${kind}/${name}`, FOLDER)) : undefined;
    });
    return emitFile(file, files, { kit: KIT, specifier: (proto) => `./${proto}.ts` });
  } catch (error) {
    if (error instanceof ProtoProblem) return undefined;
    throw error;
  }
}

const name = "what protoc accepts generates code that type-checks, and what it refuses is refused";
const PERMISSIONS: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }, { name: "run" }];

if (isThere) {
  needs(PERMISSIONS, name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dinokit_cases_" });
    try {
      const written: string[] = [];
      for (const kind of readFolder(FOLDER).filter((one) => !one.includes("."))) {
        for (const [file, verdict] of verdictsOf(kind)) {
          const text = generated(kind, file);
          assertEquals([kind, file, text === undefined ? "refused" : "accepted"], [kind, file, verdict]);
          if (text === undefined) continue;
          written.push(`${kind}_${file}.ts`);
          Deno.writeTextFileSync(`${folder}/${written.at(-1)}`, text);
        }
      }
      const args = ["check", "--quiet", "--no-config", ...written];
      const program = { path: Deno.execPath(), args, cwd: folder, env: { NO_COLOR: "1" } };
      const { code, stderr } = await runProgram(program, CHECK_MS);
      assertEquals([code, stderr], [0, ""]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
} else {
  const why = mayRead ? `there is no ${fileURLToPath(FOLDER)}` : "it needs --allow-read";
  Deno.test({ name: `${name} (ignored: ${why})`, ignore: true, fn: () => {} });
}
