import { fileURLToPath } from "node:url";
import { buildGo, type GoModule } from "../../go_programs.ts";
import { must, type Outcome, runProgram } from "../../program.ts";

const MODULE: GoModule = { folder: new URL("go/", import.meta.url), packages: ["tool"] };

/** What the transport claims: everything that gRPC has. */
const CONFIG = `features:
  versions: [HTTP_VERSION_2]
  protocols: [PROTOCOL_GRPC]
  codecs: [CODEC_PROTO]
  compressions: [COMPRESSION_IDENTITY, COMPRESSION_GZIP, COMPRESSION_DEFLATE]
  supportsTls: true
  supportsTlsClientCerts: true
`;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Builds connectconformance, unless the cache has it. Returns its folder. */
export const buildConformance = (): Promise<string> => buildGo(MODULE);

/** The folder of the .proto files that came with it. */
async function protoFolder(): Promise<string> {
  const args = ["mod", "download", "-json", "connectrpc.com/conformance"];
  const { stdout, stderr } = await runProgram({ path: "go", args, cwd: fileURLToPath(MODULE.folder) }, 120_000);
  if (stdout === "") throw new Error(`go ${args.join(" ")} failed; it must reach its module proxy:\n${stderr}`);
  return `${JSON.parse(stdout).Dir}/proto`;
}

/**
 * Runs all cases against one side of the kit.
 *
 * @returns What connectconformance printed: its last lines count the cases.
 */
export async function runConformance(side: "server" | "client", transport: string): Promise<Outcome> {
  const [folder, protos] = [await Deno.makeTempDir({ prefix: "dinokit-" }), await protoFolder()];
  try {
    const files = ["service", "server_compat", "client_compat"].map((name) =>
      `${protos}/connectrpc/conformance/v1/${name}.proto`
    );
    const gen = ["run", "-A", path("../../../cli/main.ts"), "gen", ...files, "-I", protos, "--out", folder];
    await must({ path: Deno.execPath(), args: gen }, "");
    await Deno.writeTextFile(`${folder}/config.yaml`, CONFIG);
    const testee = [Deno.execPath(), "run", "-A", "--quiet", path(`${side}.ts`), folder, transport];
    const args = ["--conf", `${folder}/config.yaml`, "--mode", side, "--", ...testee];
    return await runProgram({ path: `${await buildConformance()}/connectconformance`, args }, 300_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
