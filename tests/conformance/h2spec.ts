import { runProgram } from "../program.ts";
import { program } from "./programs.ts";

/** What h2spec found. */
export interface H2specReport {
  /** How many cases it ran. */
  readonly cases: number;
  /** Those that failed, with what was expected and what came. */
  readonly failed: readonly string[];
  /** Those that it left out. */
  readonly skipped: readonly string[];
}

/**
 * Runs all of h2spec, its strict cases too.
 *
 * @param address Where the server listens.
 * @param tls Whether it speaks TLS. Its certificate is not checked.
 * @throws {Error} If h2spec does not come to its end within four minutes.
 */
export async function runH2spec(address: string, tls: boolean): Promise<H2specReport> {
  const path = await program("h2spec");
  const folder = await Deno.makeTempDir();
  try {
    const [host, port] = address.split(":");
    const args = ["generic", "http2", "hpack", "--strict", "-h", host!, "-p", port!, "-o", "2", "-j", "report.xml"];
    const { stdout, stderr } = await runProgram(
      { path, args: tls ? [...args, "--tls", "--insecure"] : args, cwd: folder },
      240_000,
    );
    const xml = await Deno.readTextFile(`${folder}/report.xml`).catch(() => {
      throw new Error(`h2spec left no report:\n${stdout}${stderr}`);
    });
    return parse(xml);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function parse(xml: string): H2specReport {
  const report = { cases: 0, failed: [] as string[], skipped: [] as string[] };
  for (const [, head, body = ""] of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([^]*?)<\/testcase>)/g)) {
    const attribute = (name: string) => unescape(head!.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "");
    const name = `${attribute("package")} ${attribute("classname")}`;
    report.cases++;
    if (/<(failure|error)\b/.test(body)) report.failed.push(`${name}\n${unescape(body.replace(/<[^>]*>/g, ""))}`);
    else if (/<skipped\b/.test(body)) report.skipped.push(name);
  }
  return report;
}

function unescape(text: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(
    /&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex, decimal, name) =>
      name ? named[name] ?? whole : String.fromCodePoint(hex ? parseInt(hex, 16) : parseInt(decimal, 10)),
  );
}
