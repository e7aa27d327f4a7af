import { checkOptions } from "../base/options/check_options.ts";
import { checkServerTls } from "../tls/check.ts";
import { SERVER_TLS } from "../tls/option_fields.ts";
import type { Listener, ServerTls } from "../transport/transport.ts";

/**
 * Checks the certificate that replaces the current one.
 *
 * @param current The current certificate; undefined for a server without TLS.
 * @param tls The new certificate.
 * @param listener The listener; undefined before the start.
 * @returns The new certificate.
 * @throws {TypeError} If it can't replace the current one.
 */
export function checkNewTls(current: ServerTls | undefined, tls: ServerTls, listener: Listener | undefined): ServerTls {
  if (!current) throw new TypeError("server.setTls: the server has no TLS; give createServer the option tls");
  const checked = checkServerTls("server.setTls", checkOptions("server.setTls", SERVER_TLS, tls));
  if ((tls.ca === undefined) !== (current.ca === undefined)) {
    throw new TypeError(
      "server.setTls: whether clients must show a certificate (tls.ca) is fixed once the server runs",
    );
  }
  if (listener && !listener.setTls) {
    throw new TypeError("server.setTls: the transport can't change its certificate; start the server again");
  }
  return checked;
}
