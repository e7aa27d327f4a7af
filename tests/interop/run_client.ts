import { buildPeers } from "./peers.ts";

/**
 * Runs a client of the peers to its end.
 *
 * @param name The program, such as `"kitex_client"`.
 * @param args Its flags.
 * @returns What it printed for each call.
 * @throws {Error} If it fails or does not end within 20 seconds.
 */
// deno-lint-ignore no-explicit-any -- the test knows what the program prints
export async function runClient(name: string, ...args: string[]): Promise<any[]> {
  const signal = AbortSignal.timeout(20_000);
  const command = new Deno.Command(`${await buildPeers()}/${name}`, { args, stdin: "null", signal });
  const { success, stdout, stderr } = await command.output();
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${name} ${args.join(" ")} failed:\n${out}${log}`);
  return out!.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}
