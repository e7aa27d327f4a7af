/** How a message names the TLS options of a client: the options of `createClient`, or flags of the command line. */
export interface TlsWords {
  /** The option that turns on TLS. */
  readonly tls: string;
  /** All options of TLS, for a client that must leave them out. */
  readonly allOfTls: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly serverName: string;
  /** What to do if a text is not PEM. */
  readonly givePem: string;
}

/** A message that names TLS options. */
export type TlsText = (words: TlsWords) => string;

/** The TLS options as `createClient` and `createServer` take them. */
export const TLS_OPTIONS: TlsWords = {
  tls: "the option tls",
  allOfTls: "the option tls",
  ca: "tls.ca",
  cert: "tls.cert",
  key: "tls.key",
  serverName: "tls.serverName",
  givePem: "give the PEM text of the file, not its name",
};
