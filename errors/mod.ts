/**
 * The standard details of an error: the messages of `google/rpc/error_details.proto`, which gRPC services in all
 * languages understand. `errorDetail()` puts one into an error, and `error.detail()` reads it.
 *
 * @example
 * ```ts
 * import { errorDetail, RpcError, Status } from "../mod.ts";
 * import { BadRequest } from "./mod.ts";
 *
 * const violation = { field: "quantity", description: "must be at least 1" };
 * const error = new RpcError(Status.INVALID_ARGUMENT, "the order is invalid", {
 *   details: [errorDetail(BadRequest, { fieldViolations: [violation] })],
 * });
 * error.detail(BadRequest)?.fieldViolations[0]?.field; // "quantity"
 * ```
 *
 * @see https://cloud.google.com/apis/design/errors#error_details
 *
 * @module
 */

export * from "../proto/google/rpc/error_details.ts";
export type { Duration } from "../codec/pb.ts";
