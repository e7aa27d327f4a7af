import { buildPeers } from "./peers.ts";

/** What a client prints of each call, by program. */
interface Outcomes {
  kitex_client: KitexOutcome;
  grpcgo_client: GrpcGoOutcome;
}

/** A call by Kitex: a reply, a business error or another error. The values of `-bin` keys are base64. */
export interface KitexOutcome {
  resp: string;
  header: Record<string, string[]>;
  trailer: Record<string, string[]>;
  biz: { code: number; message: string; extra: Record<string, string> } | null;
  error: { code: number; message: string } | null;
}

/** A call by grpc-go. The details of the status are the texts of the messages in it. */
export interface GrpcGoOutcome {
  replies: { text: string; count: number; bytes: number }[];
  header: Record<string, string[]>;
  trailer: Record<string, string[]>;
  status: { code: number; message: string; details: string[] };
}

/**
 * Runs a client of the peers to its end.
 *
 * @param name The program.
 * @param args Its flags.
 * @returns What it printed for each call.
 * @throws {Error} If it fails or does not end within 20 seconds.
 */
export async function runClient<Name extends keyof Outcomes>(
  name: Name,
  ...args: string[]
): Promise<[Outcomes[Name], ...Outcomes[Name][]]> {
  const signal = AbortSignal.timeout(20_000);
  const command = new Deno.Command(`${await buildPeers()}/${name}`, { args, stdin: "null", signal });
  const { success, stdout, stderr } = await command.output();
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${name} ${args.join(" ")} failed:\n${out}${log}`);
  const [first, ...more] = out!.trimEnd().split("\n").map((line) => JSON.parse(line));
  return [first, ...more];
}
