import type { ClientRequest } from "node:http";

/** The maximum size of an answer's header, in bytes. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** Thrown when an answer is larger than its limit. */
export class AnswerTooLarge extends Error {
  /** `"AnswerTooLarge"`. */
  override name = "AnswerTooLarge";
}

/**
 * Aborts a request whose answer is too large or cut off. papi 1.1.2 has no limit, and waits for the rest of a cut-off
 * answer until its timeout, which is a minute in a blocking query. The handling of cut-off answers can be removed when
 * papi does not wait.
 *
 * @param mostBytes The size of the largest body. All bytes of the connection count: those of headers, interim
 * responses, chunk extensions and trailers too.
 */
export function guardAnswer(request: ClientRequest, mostBytes: number): ClientRequest {
  let left = mostBytes + MAX_HEADER_BYTES;
  request.on("socket", (socket) => {
    socket.on("data", ({ length }: Uint8Array) => {
      left -= length;
      if (left >= 0) return;
      request.emit("error", new AnswerTooLarge(`answered with more than ${mostBytes} bytes`));
      request.destroy();
    });
  });
  request.on("response", (response) => {
    response.on("aborted", () => request.emit("error", new Error("its answer was cut off")));
  });
  return request;
}
