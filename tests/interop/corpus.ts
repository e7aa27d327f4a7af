import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { cached } from "../cache.ts";
import { runPython } from "./python/run.ts";

/** .proto files of other people, where their packages have them. */
export interface Corpus {
  /** The package. */
  readonly name: string;
  /** Where imports are looked for. */
  readonly folders: readonly string[];
  /** The files, as imports name them. */
  readonly files: readonly string[];
  /** The files that are rejected for now: they have closed enums or required fields. */
  readonly rejected: readonly string[];
  /** Those that protoc refuses, or that are of another version than its own: messages are not compared. */
  readonly alone?: readonly string[];
}

/** The files of google/protobuf/ with closed enums or required fields. */
const CLOSED = /^google\/protobuf\/(descriptor|compiler\/\w+|\w+_features)\.proto$/;

/** Finds or gets them. The versions are those that are tested. */
export async function corpora(): Promise<Corpus[]> {
  const [site, tools] = (await runPython("corpus.py", ["where"])).trim().split("\n") as [string, string];
  const [protobufjs, grpcJs] = [await npm("protobufjs", "8.8.1"), `${await npm("@grpc/grpc-js", "1.14.7")}/proto`];
  const go = await goModule("google.golang.org/grpc", "v1.34.0");
  const oldGo = await goModule("google.golang.org/grpc", "v1.5.1");
  const all: Omit<Corpus, "rejected">[] = [
    { name: "googleapis-common-protos", folders: [site, tools], files: protosIn(site, "google") },
    { name: "grpcio-tools", folders: [tools], files: protosIn(tools, "google") },
    {
      name: "protobufjs",
      folders: [protobufjs, tools],
      // One is of an edition, and protoc rejects the descriptor.proto that annotations.proto imports.
      files: protosIn(protobufjs, "google").filter((file) =>
        !/(json_enumvalue_options|api\/annotations)\.proto$/.test(file)
      ),
      // The kit has a newer version of these.
      alone: ["google/protobuf/api.proto", "google/protobuf/type.proto"],
    },
    { name: "grpc-js's channelz", folders: [grpcJs, tools], files: ["channelz.proto"] },
    {
      name: "grpc-js's xds",
      folders: [`${grpcJs}/xds`, `${grpcJs}/protoc-gen-validate`, tools],
      files: ["xds/data/orca/v3/orca_load_report.proto", "xds/service/orca/v3/orca.proto"],
    },
    {
      name: "grpc-go",
      folders: [go, tools],
      files: ["reflection/grpc_reflection_v1alpha", "interop/grpc_testing", "benchmark/grpc_testing", "profiling/proto"]
        .flatMap((folder) => protosIn(go, folder)),
    },
    { name: "grpc-go's health", folders: [oldGo], files: ["health/grpc_health_v1/health.proto"] },
  ];
  return all.map((corpus) => ({
    ...corpus,
    files: corpus.files.filter((file) => !CLOSED.test(file)),
    rejected: corpus.files.filter((file) => CLOSED.test(file)),
  }));
}

function protosIn(root: string, folder: string): string[] {
  const entries = [...Deno.readDirSync(join(root, folder))].sort((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory ? protosIn(root, `${folder}/${name}`) : name.endsWith(".proto") ? [`${folder}/${name}`] : []
  );
}

/** The folder of a package that Deno has in its cache, as the kit imports it. */
async function npm(name: string, version: string): Promise<string> {
  const { npmCache } = JSON.parse(await output(Deno.execPath(), ["info", "--json"]));
  for (const entry of ["mod.ts", "transport/grpc_js/mod.ts"]) {
    await output(Deno.execPath(), ["cache", fileURLToPath(new URL(`../../${entry}`, import.meta.url))]);
  }
  const [registry] = [...Deno.readDirSync(npmCache)].filter((one) => one.isDirectory);
  return join(npmCache, registry!.name, name, version);
}

/** The folder of a Go module. */
async function goModule(path: string, version: string): Promise<string> {
  return await cached("go-module", `${path}@${version}`, async (folder) => {
    const { Dir } = JSON.parse(await output("go", ["mod", "download", "-json", `${path}@${version}`], folder));
    for (const file of protosIn(Dir, ".")) {
      await Deno.mkdir(join(folder, dirname(file)), { recursive: true });
      await Deno.copyFile(join(Dir, file), join(folder, file));
    }
  });
}

async function output(program: string, args: string[], cwd = "."): Promise<string> {
  const signal = AbortSignal.timeout(120_000);
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null", signal }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
