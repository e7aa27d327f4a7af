import { runProgram } from "../program.ts";
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
  const { code, stdout, stderr } = await runProgram({ path: `${await buildPeers()}/${name}`, args });
  if (code !== 0) throw new Error(`${name} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  const [first, ...more] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return [first, ...more];
}
