/**
 * Finds a Consul binary for the tests, or gets one:
 *
 *     deno run -A _tools/find_consul.ts
 *
 * It prints the path. The order: `CONSUL_BIN`, `PATH`, the copy in the cache folder, Debian's package, which goes into
 * the cache folder and touches nothing else (no root).
 *
 * @module
 */

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The last Debian suite that has Consul. */
const SUITE = "bullseye";

/**
 * The path of a Consul binary that runs on this machine.
 *
 * @throws {Error} If there is none and none can be got; the message says how to get one.
 */
export async function findConsul(): Promise<string> {
  const named = Deno.env.get("CONSUL_BIN");
  if (named) {
    if (await runs(named)) return named;
    throw new Error(`find_consul: CONSUL_BIN is ${JSON.stringify(named)}, which does not run; correct or unset it`);
  }
  if (await runs("consul")) return "consul";
  const cached = `${cacheFolder()}/consul/consul`;
  if (await runs(cached)) return cached;
  try {
    await installFromDebian(cached);
  } catch (error) {
    throw new Error(
      `find_consul: no Consul on this machine, and Debian's package can't be had: ${(error as Error).message}\n` +
        `  Install Consul 1.8 or later and put it on PATH, or set CONSUL_BIN to its binary.`,
    );
  }
  return cached;
}

function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  return `${base}/dinokit`;
}

async function runs(binary: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(binary, { args: ["version"], stdout: "null", stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}

/** Fetches the package with the machine's own apt and source, whose suite is exchanged for one that has Consul. */
async function installFromDebian(target: string): Promise<void> {
  await Deno.mkdir(cacheFolder(), { recursive: true });
  const work = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "consul-" });
  try {
    for (const folder of ["state/lists/partial", "cache/archives/partial", "root"]) {
      await Deno.mkdir(`${work}/${folder}`, { recursive: true });
    }
    await Deno.writeTextFile(`${work}/sources.list`, `deb [signed-by=${KEYRING}] ${await debianUri()} ${SUITE} main\n`);
    const options = {
      "Dir::Etc::SourceList": `${work}/sources.list`,
      "Dir::Etc::SourceParts": "/dev/null",
      "Dir::State": `${work}/state`,
      "Dir::State::status": "/var/lib/dpkg/status",
      "Dir::Cache": `${work}/cache`,
      "APT::Sandbox::User": "root", // apt's own user can't read a cache folder in somebody's home
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    await run("apt-get", [...flags, "--error-on=any", "update"], work);
    await run("apt-get", [...flags, "download", "consul"], work);
    const deb = [...Deno.readDirSync(work)].find(({ name }) => name.endsWith(".deb"));
    await run("dpkg", ["-x", deb!.name, "root"], work);
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.rename(`${work}/root/usr/bin/consul`, target);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Where this machine gets its Debian packages. */
async function debianUri(): Promise<string> {
  const targets = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]);
  const uri = targets.split("\n").find((line) => /\/debian\/?$/.test(line));
  if (!uri) throw new Error("apt has no Debian source");
  return uri;
}

async function run(command: string, args: string[], cwd?: string): Promise<string> {
  const signal = AbortSignal.timeout(120_000);
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd, signal }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${command} ${args.at(-1)}: ${text(stderr).trim()}`);
  return text(stdout);
}

if (import.meta.main) console.log(await findConsul());
