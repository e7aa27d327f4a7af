/**
 * Clients that `openssl s_client` makes: unlike Deno's they keep TLS sessions and resume them where they like.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../../transport/limit_fields.ts";
import { ClientConnection } from "../../transport/grpc/connection/client_connection.ts";
import type { Socket } from "../../transport/grpc/sockets/socket.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { createLogger, Status } from "../../mod.ts";
import { Req, Resp } from "../../proto/echo.ts";
import type { Signed } from "../certificates.ts";
import { until } from "../observe.ts";

export type Version = "1.2" | "1.3";

/** What a client does. */
export interface OpensslOptions {
  /** The version of TLS that it speaks. */
  readonly version: Version;
  /** Its certificate. */
  readonly own?: Signed;
  /** The session that it offers: what {@linkcode takeTicket} gave. */
  readonly ticket?: string;
  /**
   * What it wants to speak.
   * @default {"h2"}
   */
  readonly alpn?: string;
}

/** Runs a client, with its certificate and its session in files while it runs. */
async function withClient<T>(
  address: string,
  { version, own, ticket, alpn = "h2" }: OpensslOptions,
  more: readonly string[],
  use: (process: Deno.ChildProcess, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const args = ["s_client", "-connect", address, `-tls${version.replace(".", "_")}`, "-alpn", alpn, ...more];
  try {
    if (own) {
      await Deno.writeTextFile(`${folder}/own.pem`, own.cert + own.key);
      args.push("-cert", "own.pem", "-key", "own.pem");
    }
    if (ticket !== undefined) {
      await Deno.writeTextFile(`${folder}/in.pem`, ticket);
      args.push("-sess_in", "in.pem");
    }
    args.push("-sess_out", "out.pem");
    const pipes = { stdin: "piped", stdout: "piped", stderr: "null" } as const;
    await using stack = new AsyncDisposableStack();
    const process = new Deno.Command("openssl", { args, cwd: folder, ...pipes }).spawn();
    stack.defer(async () => void await process.status);
    stack.defer(() => {
      try {
        process.kill("SIGKILL");
      } catch {
        // it has ended by itself
      }
    });
    return await use(process, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The ticket that a server gives: a session in PEM. */
export function takeTicket(address: string, options: OpensslOptions): Promise<string> {
  return withClient(address, options, ["-quiet"], async (process, folder) => {
    const read = () => Deno.readTextFile(`${folder}/out.pem`).catch(() => "");
    const ticket = await until(async () => (await read()).includes("-----END") && await read(), "there is a ticket");
    await Promise.all([process.stdin.close(), process.stdout.cancel()]);
    return ticket;
  });
}

/** Whether a server takes up the client's session: openssl says so before the server can say no. */
export function isResumed(address: string, options: OpensslOptions): Promise<boolean> {
  return withClient(address, options, [], async (process) => {
    let text = "";
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (/^(New|Reused), /m.test(text)) break;
    }
    await process.stdin.close();
    return /^Reused, /m.test(text);
  });
}

/** Calls echo.EchoService/Echo: its reply, or undefined if the connection is lost instead. */
export function callBy(address: string, options: OpensslOptions): Promise<string | undefined> {
  return withClient(address, options, ["-quiet"], async (process) => {
    const writer = process.stdin.getWriter();
    const reader = process.stdout.getReader();
    let rest = new Uint8Array(0);
    const socket: Socket = {
      async read(buffer) {
        if (rest.length === 0) {
          const { value, done } = await reader.read();
          if (done) return null;
          rest = value;
        }
        const part = rest.subarray(0, buffer.length);
        buffer.set(part);
        rest = rest.subarray(part.length);
        return part.length;
      },
      async write(bytes) {
        await writer.write(new Uint8Array(bytes));
        return bytes.length;
      },
      close() {
        void reader.cancel().catch(() => {});
        void writer.close().catch(() => {});
      },
    };
    const connection = new ClientConnection(socket, {
      address: { kind: "tcp", host: "127.0.0.1", port: 1 },
      authority: "evil",
      limits: DEFAULT_LIMITS,
      compression: "identity",
      logger: createLogger("silent"),
      signal: new AbortController().signal,
    });
    const call = connection.start({ path: "/echo.EchoService/Echo", metadata: new Metadata() });
    call.send(Req.encode({ mes: "let me in" }), undefined, true);
    const reply = await call.receive();
    while (call.status === undefined) await call.receive();
    const { code } = call.status;
    await connection.close(true);
    return code === Status.OK && reply ? Resp.decode(reply).resp : undefined;
  });
}
