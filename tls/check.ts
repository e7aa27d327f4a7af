import { isIP } from "node:net";
import process from "node:process";
import { checkNames, checkObject } from "../base/option_checks.ts";
import type { Certificate } from "./certificate.ts";
import type { ClientTls, ServerTls } from "./options.ts";
import { certificatesIn, pemOf, privateKeyIn } from "./pem.ts";
import { TLS_OPTIONS, type TlsWords } from "./words.ts";

const DNS_NAME = /^(?=.{1,253}\.?$)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/**
 * Checks the option `tls` of a server, so that a mistake is reported at the start and not by the first client.
 *
 * @param prefix The beginning of each message: the function that was given the option, `"createServer: "`.
 * @param tls The option.
 * @returns The option with only the relevant PEM blocks in its texts: a file may hold certificates, the key and other
 * text.
 * @throws {TypeError} If a text is not PEM of the right kind, or if the key belongs to another certificate; the message
 * names it.
 */
export function checkServerTls(prefix: string, tls: ServerTls): ServerTls {
  checkObject(`${prefix}tls`, tls, "{ cert, key } with the PEM texts");
  checkNames(`${prefix}tls`, tls, ["cert", "key", "ca"]);
  return { ...checkAuthorities(prefix, tls), ...checkPair(prefix, tls) };
}

/**
 * Checks the option `tls` of a client, so that a mistake is reported at once and not by the first call.
 *
 * @param words How messages name the options.
 * @returns The option, as with {@linkcode checkServerTls}.
 * @throws {TypeError} As {@linkcode checkServerTls}.
 */
export function checkClientTls(prefix: string, tls: ClientTls, words = TLS_OPTIONS): ClientTls {
  checkObject(`${prefix}tls`, tls, "{} for the authorities that Deno trusts, or { ca } with the PEM text");
  checkNames(`${prefix}tls`, tls, ["ca", "cert", "key", "serverName"]);
  const { cert, key, serverName } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(`${prefix}${words.cert} and ${words.key} belong together; give both or none`);
  }
  if (serverName !== undefined && !isIP(serverName) && !(typeof serverName === "string" && DNS_NAME.test(serverName))) {
    throw new TypeError(
      `${prefix}${words.serverName} is ${JSON.stringify(serverName)}; ` +
        "use the DNS name or the IP address in the server's certificate",
    );
  }
  return {
    ...checkAuthorities(prefix, tls, words),
    ...(cert !== undefined && checkPair(prefix, { cert, key: key! }, words)),
    ...(serverName !== undefined && { serverName }),
  };
}

function checkAuthorities(prefix: string, { ca }: { ca?: string }, words = TLS_OPTIONS): { ca?: string } {
  return ca === undefined ? {} : { ca: pemOf(certificates(`${prefix}${words.ca}`, ca, words)) };
}

function checkPair(prefix: string, { cert, key }: { cert: string; key: string }, words = TLS_OPTIONS) {
  const chain = certificates(`${prefix}${words.cert}`, cert, words);
  const pair = { cert: pemOf(chain), key: privateKey(`${prefix}${words.key}`, key, words) };
  const { X509Certificate, createPrivateKey } = crypto();
  const own = new X509Certificate(chain[0]!.der);
  if (own.checkPrivateKey(createPrivateKey(pair.key))) return pair;
  throw new TypeError(
    `${prefix}${words.key} does not belong to ${words.cert}, whose first certificate is for ${
      JSON.stringify(own.subject)
    }; ` +
      `give the key of that one, and put the own certificate before those of its authorities`,
  );
}

function certificates(name: string, text: unknown, { givePem }: TlsWords): Certificate[] {
  let found: Certificate[];
  try {
    found = typeof text === "string" ? certificatesIn(text) : [];
  } catch (cause) {
    throw new TypeError(`${name}: ${(cause as Error).message}`, { cause });
  }
  if (found.length > 0) return found;
  throw new TypeError(`${name} holds no certificate; ${givePem}`);
}

function privateKey(name: string, text: unknown, { givePem }: TlsWords): string {
  if (typeof text !== "string" || !text.includes("PRIVATE KEY-----")) {
    throw new TypeError(`${name} holds no private key; ${givePem}`);
  }
  const key = privateKeyIn(text);
  try {
    crypto().createPrivateKey(key!);
    return key!;
  } catch (cause) {
    throw new TypeError(`${name} is damaged or encrypted; give a private key in PEM that is not encrypted`, { cause });
  }
}

/** Loading node:crypto takes 20 ms, which a program without TLS need not spend. */
const crypto = () => process.getBuiltinModule("node:crypto");
