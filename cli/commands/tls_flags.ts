import type { TlsWords } from "../../tls/words.ts";

/** The TLS options as flags of the command line. */
export const TLS_FLAGS: TlsWords = {
  tls: "--tls",
  allOfTls: "--tls and the flags that belong to it",
  ca: "--ca",
  cert: "--cert",
  key: "--key",
  serverName: "--server-name",
  givePem: "give a file that does",
};
