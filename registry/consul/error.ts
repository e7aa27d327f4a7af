import { AnswerTooLarge } from "./answer.ts";

/** A failed request to Consul. The message says where it failed, and what Consul or the network reported. */
export class ConsulError extends Error {
  override name = "ConsulError";
  /** The HTTP status of the answer, or why there is none: `403`, `"ECONNREFUSED"`, `"timeout"`. */
  readonly kind: number | string;

  constructor(message: string, kind: number | string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }

  /**
   * Whether Consul does not know the datacenter. It answers so with status 500 and a text only. This is the only place
   * that reads a text of Consul. It can go when Consul answers with a status of its own.
   */
  get isUnknownDatacenter(): boolean {
    return typeof this.kind === "number" && this.message.includes("datacenter");
  }

  /** Whether Consul understood the request and rejected it. */
  get refused(): boolean {
    return typeof this.kind === "number" && this.kind < 500;
  }
}

/** The fields that papi, the HTTP client inside npm:consul, adds to an error. */
interface PapiError extends Error {
  code?: string;
  isTimeout?: boolean;
  response?: { statusCode: number; body?: Uint8Array };
}

/** How much of an answer's text a message shows, in bytes. */
const MAX_SAID_BYTES = 200;

/**
 * Creates an error that says where a request failed, and why.
 *
 * @param token The ACL token. It is removed from the message, even if the answer repeats it.
 */
export function explain(where: string, error: unknown, token: string): ConsulError {
  const { kind, why } = reasonOf(error);
  return new ConsulError(`${where} ${token ? why.replaceAll(token, "(the token)") : why}`, kind, error);
}

function reasonOf(error: unknown): { kind: number | string; why: string } {
  const { message, code, isTimeout, response } = error as PapiError;
  if (error instanceof AnswerTooLarge) return { kind: "too large", why: message };
  if (response && response.statusCode >= 300) {
    const said = new TextDecoder().decode(response.body?.subarray(0, MAX_SAID_BYTES)).trim() || message;
    return { kind: response.statusCode, why: `answered ${response.statusCode}: ${said}` };
  }
  if (isTimeout) return { kind: "timeout", why: `does not answer: ${message}` };
  if (code === "ECONNREFUSED") return { kind: code, why: `is down: ${message}` };
  return { kind: code ?? "unknown", why: `can't be asked: ${message}` };
}
