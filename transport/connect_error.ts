import { TLS_OPTIONS, type TlsText } from "../tls/words.ts";

/** Why a connection could not be made: the server can't be reached, or what it speaks does not fit the TLS options. */
type ConnectProblem = "unreachable" | "tls";

/** A failed attempt to connect. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  /** The kind of problem. */
  readonly kind: ConnectProblem;
  /** The message, in which the caller chooses the names of the TLS options. `message` has those of `createClient`. */
  readonly text: TlsText;

  constructor(kind: ConnectProblem, text: TlsText, cause?: unknown) {
    super(text(TLS_OPTIONS), { cause });
    this.kind = kind;
    this.text = text;
  }
}
