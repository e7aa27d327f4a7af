/**
 * Compose files as Docker Compose reads them: by compose-go, its own loader, which the small program beside makes
 * usable here; it needs Go.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** What of a service the tests look at, spelt out by the loader. */
export interface ComposeService {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly restart?: string;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string; readonly target: number }[];
  readonly volumes?: readonly { readonly source: string; readonly target: string; readonly read_only?: boolean }[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
}

/** What the loader says of a Compose file. */
export interface Loaded {
  /** The services by name; none if the file is refused. */
  readonly services: Readonly<Record<string, ComposeService>>;
  /** The reason to refuse it, or the warnings; empty if all is well. */
  readonly complaints: string;
}

const ROOT = new URL("../../../", import.meta.url);

/** Reads a Compose file as Docker Compose does. */
export async function loadCompose(yaml: string): Promise<Loaded> {
  // `go run` keeps the program in Go's build cache: a second run takes 0.2 s.
  const child = new Deno.Command("go", {
    args: ["run", "-buildvcs=false", ".", fileURLToPath(ROOT)],
    cwd: new URL(".", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const stdin = child.stdin.getWriter();
  // If Go can't build it, nobody reads: stderr says why.
  await stdin.write(new TextEncoder().encode(yaml)).then(() => stdin.close()).catch(() => {});
  const { success, stdout, stderr } = await output;
  const complaints = new TextDecoder().decode(stderr).replaceAll(/^go: downloading .*\n/gm, "");
  return { services: success ? JSON.parse(new TextDecoder().decode(stdout)).services : {}, complaints };
}

/** The services of our own compose.yaml. */
export async function ourServices(): Promise<Loaded["services"]> {
  const { services, complaints } = await loadCompose(await Deno.readTextFile(new URL("compose.yaml", ROOT)));
  if (complaints) throw new Error(`compose.yaml: ${complaints}`);
  return services;
}
