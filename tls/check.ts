import process from "node:process";
import * as nodeTls from "node:tls";
import { optionError } from "../base/options/check_options.ts";
import type { Certificate } from "./certificate.ts";
import type { ClientTls, ServerTls } from "./options.ts";
import { certificatesIn, pemOf, privateKeyIn } from "./pem.ts";
import { TLS_OPTIONS, type TlsWords } from "./words.ts";

/**
 * Checks the texts in the option `tls` of a server, so that a mistake is reported at the start and not by the first
 * client.
 *
 * @param who The function that was given the option, for the message.
 * @param tls The option. Its fields have the right types.
 * @returns The option with only the relevant PEM blocks in its texts: a file may hold certificates, the key and other
 * text.
 * @throws {TypeError} If a text is not PEM of the right kind, or if the key belongs to another certificate; the message
 * names it. Also in Deno below 2.8.
 */
export function checkServerTls(who: string, { ca, cert, key }: ServerTls): ServerTls {
  const check = new TlsCheck(who, TLS_OPTIONS);
  check.requireDeno();
  return { ...(ca !== undefined && { ca: check.authorities(ca) }), ...check.pair(cert, key) };
}

/**
 * Checks the texts in the option `tls` of a client, so that a mistake is reported at once and not by the first call.
 *
 * @param who As for {@linkcode checkServerTls}; undefined for a message without it.
 * @param words How messages name the options.
 * @returns The option, as with {@linkcode checkServerTls}.
 * @throws {TypeError} As {@linkcode checkServerTls}.
 */
export function checkClientTls(
  who: string | undefined,
  { ca, cert, key, serverName }: ClientTls,
  words = TLS_OPTIONS,
): ClientTls {
  const check = new TlsCheck(who, words);
  if ((cert === undefined) !== (key === undefined)) {
    throw check.error("cert", ` and ${words.key} belong together; give both or none`);
  }
  check.requireDeno();
  return {
    ...(ca !== undefined && { ca: check.authorities(ca) }),
    ...(cert !== undefined && check.pair(cert, key!)),
    ...(serverName !== undefined && { serverName }),
  };
}

type Field = "ca" | "cert" | "key";

class TlsCheck {
  readonly #who: string | undefined;
  readonly #words: TlsWords;

  constructor(who: string | undefined, words: TlsWords) {
    this.#who = who;
    this.#words = words;
  }

  /** Creates the error for a field. Its message is the name of the field and this text. */
  error(field: Field, text: string, cause?: unknown): Error {
    const message = this.#words[field] + text;
    return optionError(this.#who, { path: `tls.${field}`, message }, { cause });
  }

  /**
   * Rejects TLS in Deno below 2.8: its node:tls checks no certificate of a client, and leaves out the kit's check of a
   * server's certificate.
   */
  requireDeno(): void {
    if ("getCACertificates" in nodeTls) return;
    const message = `tls needs Deno 2.8 or later, and this is Deno ${Deno.version.deno}`;
    throw optionError(this.#who, { path: "tls", message });
  }

  authorities(ca: string): string {
    return pemOf(this.#certificates("ca", ca));
  }

  pair(cert: string, key: string): { cert: string; key: string } {
    const chain = this.#certificates("cert", cert);
    const pair = { cert: pemOf(chain), key: this.#privateKey(key) };
    const { X509Certificate, createPrivateKey } = crypto();
    const own = new X509Certificate(chain[0]!.der);
    if (own.checkPrivateKey(createPrivateKey(pair.key))) return pair;
    throw this.error(
      "key",
      ` does not belong to ${this.#words.cert}, whose first certificate is for ${JSON.stringify(own.subject)}; ` +
        "give the key of that certificate. If it is an authority's, move the certificate for your key to the front",
    );
  }

  #certificates(field: Field, text: string): Certificate[] {
    let found: Certificate[];
    try {
      found = certificatesIn(text);
    } catch (cause) {
      throw this.error(field, `: ${(cause as Error).message}`, cause);
    }
    if (found.length > 0) return found;
    throw this.error(field, ` holds no certificate; ${this.#words.givePem}`);
  }

  #privateKey(text: string): string {
    if (!text.includes("PRIVATE KEY-----")) throw this.error("key", ` holds no private key; ${this.#words.givePem}`);
    const key = privateKeyIn(text);
    try {
      crypto().createPrivateKey(key!);
      return key!;
    } catch (cause) {
      throw this.error("key", " is damaged or encrypted; give a private key in PEM that is not encrypted", cause);
    }
  }
}

/** Loading node:crypto takes 20 ms, which a program without TLS need not spend. */
const crypto = () => process.getBuiltinModule("node:crypto");
