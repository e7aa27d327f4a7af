/** The cause of a call's failure if the server answers over HTTP/2, but does not speak gRPC. */
export class NotGrpcError extends Error {
  override readonly name = "NotGrpcError";

  /**
   * @param httpStatus The HTTP status of the answer.
   * @param contentType The content-type of the answer; `""` if there is none.
   */
  constructor(readonly httpStatus: string, readonly contentType: string) {
    super(`HTTP status ${httpStatus}, content-type ${JSON.stringify(contentType)}`);
  }
}
