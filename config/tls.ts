import { readBoundedSync } from "../base/bounded_file.ts";
import type { ServerTls } from "../transport/transport.ts";
import type { Config } from "./config.ts";
import { rememberPermissions, requirePermissions } from "../base/permissions.ts";

/**
 * Reads the files of the section `dinokit.tls`, for the option `tls` of `createServer`. Paths are relative to the
 * working directory.
 *
 * @param tls The section `config.dinokit.tls`.
 * @returns The PEM texts, or undefined without that section.
 * @throws {Deno.errors.NotFound} If a file does not exist. This and the other messages name its key.
 * @throws {Deno.errors.NotCapable} If a file may not be read.
 * @throws {TypeError} If a file has the wrong content.
 */
// deno-lint-ignore require-await -- its errors must reject
export async function readTls(tls: Config["dinokit"]["tls"]): Promise<ServerTls | undefined> {
  return tls && readTlsSync(tls);
}

/** Reads the files, like {@linkcode readTls}, and blocks until they are read. */
export function readTlsSync(tls: NonNullable<Config["dinokit"]["tls"]>): ServerTls {
  const files = [tls.certFile, tls.keyFile, tls.caFile].filter((path) => path !== undefined);
  const needed = files.map((path) => ({ name: "read" as const, path }));
  rememberPermissions(needed);
  requirePermissions("dinokit.tls", needed);
  const certificate = [/-----BEGIN CERTIFICATE-----/, "a certificate"] as const;
  const privateKey = [/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/, "a private key that is not encrypted"] as const;
  return {
    cert: readPem("cert_file", tls.certFile, ...certificate),
    key: readPem("key_file", tls.keyFile, ...privateKey),
    ...(tls.caFile !== undefined && { ca: readPem("ca_file", tls.caFile, ...certificate) }),
  };
}

/** The maximum size of a PEM file. A bundle of all public certificate authorities has 250 KB. */
export const MAX_PEM_BYTES = 2 ** 20;

function readPem(key: string, path: string, form: RegExp, expected: string): string {
  const who = `dinokit.tls.${key}`;
  const bytes = read(who, path);
  if (!bytes) throw new TypeError(`${who}: ${path} has more than ${MAX_PEM_BYTES} bytes; use a file of PEM texts`);
  const text = new TextDecoder().decode(bytes);
  if (!form.test(text)) throw new TypeError(`${who}: ${path} holds no PEM text of ${expected}`);
  return text;
}

function read(who: string, path: string): Uint8Array | undefined {
  try {
    return readBoundedSync(path, MAX_PEM_BYTES);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Deno.errors.NotFound(`${who}: ${path} does not exist`);
    throw new Error(`${who}: ${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
