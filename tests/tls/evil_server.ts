/**
 * Servers that `openssl s_server` makes: they show any certificate, with or without its key being the right one.
 *
 * @module
 */

import { pemOf } from "./forge.ts";

/** What a server shows. */
export interface Shown {
  /** Its chain in DER, its own certificate first. */
  readonly chain: readonly Uint8Array[];
  /** The private key, in PEM. */
  readonly key: string;
}

/** A server. It ends with the scope of `await using`. */
export interface EvilServer extends AsyncDisposable {
  readonly address: string;
  /** The data that clients have sent, up to where it was read. */
  readonly heard: string;
}

/** Starts a server that speaks TLS, asks for "h2" and then says nothing. */
export async function startEvilServer({ chain, key }: Shown, ...flags: string[]): Promise<EvilServer> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  await Deno.writeTextFile(`${folder}/own.pem`, pemOf(chain[0]!));
  await Deno.writeTextFile(`${folder}/others.pem`, chain.slice(1).map(pemOf).join(""));
  const others = chain.length > 1 ? ["-cert_chain", "others.pem"] : [];
  const args = ["s_server", "-accept", "127.0.0.1:0", "-alpn", "h2", "-cert", "own.pem", "-key", "key.pem", ...others];
  const process = new Deno.Command("openssl", {
    args: [...args, ...flags],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  const accepting = Promise.withResolvers<string>();
  const read = (async () => {
    for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      const address = /^ACCEPT (\S+)$/m.exec(text)?.[1];
      if (address) accepting.resolve(address);
    }
    accepting.reject(new Error(`openssl s_server has ended: ${text}`));
  })();
  accepting.promise.catch(() => {});
  const end = async () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // it has ended by itself
    }
    await Promise.all([process.status, read, process.stdin.close().catch(() => {})]);
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const address = await accepting.promise;
    return {
      address,
      get heard() {
        return text;
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
