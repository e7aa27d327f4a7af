import type { ClientRequest } from "node:http";

/** The size of the largest header of an answer, in bytes. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** An answer that has more bytes than it may have. */
export class AnswerTooLarge extends Error {
  /** `"AnswerTooLarge"`. */
  override name = "AnswerTooLarge";
}

/**
 * Ends a request whose answer is too large or cut off. papi 1.1.2 has no limit, and waits for the rest of a cut-off
 * answer until its timeout, which is a minute in a blocking query. The second part can be removed when papi does not
 * wait.
 *
 * @param mostBytes The size of the largest body. The bytes of the connection are counted: those of headers, interim
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
