import process from "node:process";
import { checkNames, checkObject } from "../rpc/options.ts";
import type { ClientTls, ServerTls } from "./transport.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * Checks what a server is to show, so that a mistake is found at the start and not by its first client.
 *
 * @param who The function, for the message.
 * @param tls The option.
 * @throws {TypeError} If a text is no PEM of what it should be, or the key belongs to another certificate; the message names it.
 */
export function checkServerTls(who: string, tls: ServerTls): void {
  checkObject(`${who}: tls`, tls, "{ cert, key } with the PEM texts");
  checkNames(`${who}: tls`, tls, ["cert", "key", "ca"]);
  if (tls.ca !== undefined) certificates(`${who}: tls.ca`, tls.ca);
  checkPair(who, tls);
}

/**
 * Checks what a client is to go by, so that a mistake is found at once and not by its first call.
 *
 * @throws {TypeError} As {@linkcode checkServerTls}.
 */
export function checkClientTls(who: string, tls: ClientTls): void {
  checkObject(`${who}: tls`, tls, "{} for the system's certificates, or { ca } with the PEM text");
  checkNames(`${who}: tls`, tls, ["ca", "cert", "key", "serverName"]);
  const { ca, cert, key, serverName } = tls;
  if (ca !== undefined) certificates(`${who}: tls.ca`, ca);
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError(`${who}: tls.cert and tls.key belong together; give both or none`);
  }
  if (cert !== undefined) checkPair(who, { cert, key: key! });
  if (serverName !== undefined && (typeof serverName !== "string" || serverName === "")) {
    throw new TypeError(`${who}: tls.serverName is ${JSON.stringify(serverName)}; use the name in the certificate`);
  }
}

function checkPair(who: string, { cert, key }: { cert: string; key: string }): void {
  const [own] = certificates(`${who}: tls.cert`, cert);
  if (own!.checkPrivateKey(privateKey(`${who}: tls.key`, key))) return;
  throw new TypeError(
    `${who}: tls.key does not belong to tls.cert, whose first certificate is for ${JSON.stringify(own!.subject)}; ` +
      `give the key of that one, and put the own certificate before those of its authorities`,
  );
}

function certificates(name: string, text: unknown): InstanceType<ReturnType<typeof crypto>["X509Certificate"]>[] {
  const blocks = typeof text === "string" ? text.match(CERTIFICATE) : null;
  if (blocks === null) throw new TypeError(`${name} holds no certificate; give the PEM text of the file, not its name`);
  const { X509Certificate } = crypto();
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new TypeError(`${name}: certificate ${index + 1} of ${blocks.length} is damaged`, { cause });
    }
  });
}

function privateKey(name: string, text: unknown): ReturnType<ReturnType<typeof crypto>["createPrivateKey"]> {
  if (typeof text !== "string" || !text.includes("PRIVATE KEY-----")) {
    throw new TypeError(`${name} holds no private key; give the PEM text of the file, not its name`);
  }
  try {
    return crypto().createPrivateKey(text);
  } catch (cause) {
    throw new TypeError(`${name} is damaged or encrypted; give a private key in PEM that is not encrypted`, { cause });
  }
}

/** Loading it takes 20 ms, which a program without TLS need not wait for. */
const crypto = () => process.getBuiltinModule("node:crypto");
