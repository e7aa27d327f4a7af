/**
 * Images and containers without a daemon and without a registry: buildah builds, runc runs. The base image is made of
 * this machine's own Deno, shell and libraries, under the name in a Dockerfile's FROM.
 *
 * @module
 */

import { needs } from "../needs.ts";
import { type Outcome, type Peer, runProgram, startProgram } from "../program.ts";

const PERMISSIONS: Deno.PermissionDescriptor[] = [
  { name: "run" },
  { name: "net" },
  { name: "env" },
  { name: "read" },
  { name: "write" },
  { name: "sys" },
];

/** Registers a test with containers. Where there can be none, it is shown as ignored, and its name says why. */
export function needsContainers(name: string, fn: () => Promise<void>): void {
  const reason = whyNot();
  if (reason === undefined) needs(PERMISSIONS, name, fn);
  else Deno.test({ name: `${name} (ignored: ${reason})`, ignore: true, fn });
}

function whyNot(): string | undefined {
  if (PERMISSIONS.some((one) => Deno.permissions.querySync(one).state !== "granted")) return undefined;
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "needs root on Linux";
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const missing = ["buildah", "runc", "nsenter"].filter((name) => !folders.some((path) => isFile(`${path}/${name}`)));
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Images, in a folder of their own. They go with the scope of `await using`. */
export interface Images extends AsyncDisposable {
  /** Makes one by the Dockerfile of a folder; gives what buildah printed. Layers that are there are used again. */
  build(folder: string, image: string): Promise<string>;
  /**
   * Starts one as compose.yaml would: read-only, without capabilities. Its network has nobody else.
   *
   * @param ready As of {@linkcode startProgram}.
   */
  start(image: string, ready: string): Promise<Container>;
}

/** A container that runs. */
export interface Container extends Peer {
  /** What the system says of its first process: `/proc/PID/status`. */
  readonly status: string;
  /** Runs its HEALTHCHECK in it. */
  health(): Promise<Outcome>;
  /** Runs a program of this machine in its network. */
  nearby(path: string, args: readonly string[]): Promise<Outcome>;
}

/** The part of an image's settings that is used here. */
interface Settings {
  readonly User: string;
  readonly Env: string[];
  readonly Entrypoint: string[];
  readonly Cmd: string[];
  readonly WorkingDir: string;
  readonly Healthcheck: { readonly Test: string[] };
}

/** A place for images, with a base image of this name. */
export async function images(base: string): Promise<Images> {
  const folder = await Deno.makeTempDir({ prefix: "dinokit_images_" });
  const buildah = (...args: string[]) =>
    well("buildah", ["--root", `${folder}/root`, "--runroot", `${folder}/runroot`, "--storage-driver", "vfs", ...args]);
  const build = (path: string, image: string) =>
    buildah("bud", "--isolation=chroot", "--format=docker", "--pull-never", "--layers", "-t", image, path);
  await writeBase(`${folder}/base`);
  await build(`${folder}/base`, `docker.io/${base}`);
  let count = 0;
  return {
    build,
    async start(image, ready) {
      const name = `dinokit-${crypto.randomUUID()}`;
      const bundle = `${folder}/${++count}`;
      await Deno.mkdir(bundle);
      const { Docker: { config } } = JSON.parse(await buildah("inspect", "--type=image", image));
      const root = (await buildah("mount", (await buildah("from", image)).trim())).trim();
      await writeBundle(bundle, root, config);
      const runc = ["--root", `${folder}/runc`];
      const args = [...runc, "run", "--bundle", bundle, "--pid-file", `${bundle}/pid`, name];
      const peer = await startProgram({ path: "runc", args }, ready);
      const pid = Deno.readTextFileSync(`${bundle}/pid`);
      return {
        ...peer,
        status: Deno.readTextFileSync(`/proc/${pid}/status`),
        health: () =>
          runProgram({
            path: "runc",
            args: [...runc, "exec", name, ...(config as Settings).Healthcheck.Test.slice(1)],
          }),
        nearby: (path, args) => runProgram({ path: "nsenter", args: ["-t", pid, "-n", path, ...args] }),
      };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function well(path: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram({ path, args }, 180_000);
  if (code !== 0) throw new Error(`${path} ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/**
 * The parts of the denoland/deno image according to its Dockerfile. It leaves out tini, so that Deno itself is the
 * first process.
 */
async function writeBase(folder: string): Promise<void> {
  const put = async (from: string, to = from) => {
    await Deno.mkdir(`${folder}/root${to}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(from, `${folder}/root${to}`);
  };
  for (const [from, to] of [[Deno.execPath(), "/usr/bin/deno"], ["/bin/sh", "/bin/sh"]] as const) {
    await put(from, to);
    for (const [library] of (await well("ldd", [from])).matchAll(/\/\S+/g)) {
      if (library !== `${from}:`) await put(library);
    }
  }
  // A proxy's certificate, where this machine has one.
  const authority = Deno.env.get("NODE_EXTRA_CA_CERTS");
  if (authority) await put(authority);
  await Deno.mkdir(`${folder}/root/etc`, { recursive: true });
  await Deno.writeTextFile(
    `${folder}/root/etc/passwd`,
    "root:x:0:0::/root:/bin/sh\ndeno:x:1993:1993::/home/deno:/bin/sh\n",
  );
  await Deno.writeTextFile(`${folder}/root/etc/group`, "root:x:0:\ndeno:x:1993:\n");
  await Deno.writeTextFile(
    `${folder}/root/usr/bin/docker-entrypoint.sh`,
    `#!/bin/sh\ncase "$1" in run) exec deno "$@" ;; *) exec "$@" ;; esac\n`,
    { mode: 0o755 },
  );
  const env = `DENO_DIR=/deno-dir/ NO_COLOR=1${authority ? ` NODE_EXTRA_CA_CERTS=${authority}` : ""}`;
  await Deno.writeTextFile(
    `${folder}/Dockerfile`,
    `FROM scratch\nCOPY root /\nENV ${env}\nENTRYPOINT ["docker-entrypoint.sh"]\n`,
  );
}

/** Writes runc's settings: its defaults, the image's, and what compose.yaml takes away. */
async function writeBundle(bundle: string, root: string, config: Settings): Promise<void> {
  await well("runc", ["spec", "--bundle", bundle]);
  const path = `${bundle}/config.json`;
  const spec = JSON.parse(await Deno.readTextFile(path));
  const [, uid, gid] = new RegExp(`^${config.User || "root"}:[^:]*:(\\d+):(\\d+)`, "m").exec(
    await Deno.readTextFile(`${root}/etc/passwd`),
  )!;
  Object.assign(spec.process, {
    terminal: false,
    user: { uid: Number(uid), gid: Number(gid) },
    args: [...config.Entrypoint, ...config.Cmd],
    env: config.Env,
    cwd: config.WorkingDir,
    capabilities: {},
    noNewPrivileges: true,
  });
  spec.root = { path: root, readonly: true };
  await Deno.writeTextFile(path, JSON.stringify(spec));
}
