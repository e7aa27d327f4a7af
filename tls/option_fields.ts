import { isIP } from "node:net";
import { given, type Leaf, leaf, required, type Section, text } from "../base/options/fields.ts";
import type { ClientTls, ServerTls } from "./options.ts";

const DNS_NAME = /^(?=.{1,253}\.?$)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/** A PEM text. Messages must not show it: it may hold a key. */
const pem = (): Leaf<string> => ({ ...text("a PEM text"), secret: true });

/** The name in a server's certificate. */
export const SERVER_NAME: Leaf<string> = leaf(
  "text",
  "the DNS name or the IP address in the server's certificate",
  (value) => typeof value === "string" && (isIP(value) || DNS_NAME.test(value)) ? value : undefined,
);

/** The declaration of the option `tls` of a server. */
export const SERVER_TLS: Section<ServerTls> = given<ServerTls>(
  { cert: required(pem()), key: required(pem()), ca: pem() },
  "{ cert, key } with the PEM texts",
);

/** The declaration of the option `tls` of a client. */
export const CLIENT_TLS: Section<ClientTls> = given<ClientTls>(
  { ca: pem(), cert: pem(), key: pem(), serverName: SERVER_NAME },
  "{} for the authorities that Deno trusts, or { ca } with the PEM text",
);
