import { assertEquals } from "@std/assert";
import { fakeClock } from "../testing/clock.ts";
import { forge, names } from "../tests/tls/forge.ts";
import { recordingLogger } from "../tests/observe.ts";
import { CertificateWatch } from "./certificate_watch.ts";

const HOUR_MS = 3600_000;

/** Creates a certificate and its authority. Either the certificate or the authority has these dates. */
function tlsOf({ own = {}, root = {} }: { own?: { from?: number; until?: number }; root?: { until?: number } }) {
  const authority = forge({ name: "root", ...root });
  const { pem, key } = forge({ name: "own", issuer: authority, extensions: [names("DNS:a.test")], ...own });
  return { cert: pem, key: key.pkcs8, ca: authority.pem };
}

Deno.test("CertificateWatch warns about certificates that have expired or are not valid yet, by name", () => {
  using _clock = fakeClock();
  const logger = recordingLogger();
  const watch = new CertificateWatch(logger, "echo");
  const now = Math.floor(Date.now() / 1000) * 1000;
  const day = (time: number) => new Date(time).toISOString();
  const consequence = "clients are rejected, or reject the server";
  watch.watch(tlsOf({}));
  assertEquals(logger.lines, []);
  watch.watch(tlsOf({ own: { from: now + HOUR_MS, until: now + 2 * HOUR_MS } }));
  watch.watch(tlsOf({ root: { until: now - HOUR_MS } }));
  const { cert, key } = tlsOf({ own: { until: now - HOUR_MS } });
  watch.watch({ cert: cert + tlsOf({ own: { until: now - 2 * HOUR_MS } }).cert, key });
  watch.watch({ cert: forge({ version: 1 }).pem, key });
  assertEquals(logger.lines, [
    `warn: tls.cert ("own") is not valid before ${day(now + HOUR_MS)}; ${consequence}`,
    `warn: tls.ca ("root") has expired on ${day(now - HOUR_MS)}; ${consequence}`,
    `warn: certificate 1 of 2 in tls.cert ("own") has expired on ${day(now - HOUR_MS)}; ${consequence}`,
    `warn: certificate 2 of 2 in tls.cert ("own") has expired on ${day(now - 2 * HOUR_MS)}; ${consequence}`,
    `warn: tls.cert has no subjectAltName, so clients can't verify the name of the server; ${consequence}`,
  ]);
  watch.stop();
});

Deno.test("CertificateWatch warns once when a certificate in use expires, and not about a replaced one", async () => {
  using clock = fakeClock();
  const logger = recordingLogger();
  const watch = new CertificateWatch(logger, "echo");
  const now = Math.ceil(Date.now() / 1000) * 1000;
  watch.watch(tlsOf({ own: { until: now + 3000 } }));
  await clock.pass(2000);
  assertEquals(logger.lines.length, 0);
  await clock.pass(3000);
  assertEquals(logger.lines.length, 1);
  await clock.pass(5000);
  watch.watch(tlsOf({ own: { until: now + 20_000 } }));
  watch.watch(tlsOf({}));
  await clock.pass(20_000);
  assertEquals(logger.lines.length, 1);
  watch.stop();
});
