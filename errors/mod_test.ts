import { assertEquals } from "@std/assert";
import { errorDetail, RpcError, Status } from "../mod.ts";
import * as errors from "./mod.ts";

const { BadRequest, ErrorInfo, QuotaFailure, RetryInfo } = errors;

Deno.test("./errors exports the messages of google/rpc/error_details.proto", () => {
  assertEquals(Object.keys(errors).sort(), [
    "BadRequest",
    "BadRequest_FieldViolation",
    "DebugInfo",
    "ERROR_DETAILS_PROTO",
    "ErrorInfo",
    "Help",
    "Help_Link",
    "LocalizedMessage",
    "PreconditionFailure",
    "PreconditionFailure_Violation",
    "QuotaFailure",
    "QuotaFailure_Violation",
    "RequestInfo",
    "ResourceInfo",
    "RetryInfo",
  ]);
});

Deno.test("error.detail() returns the detail that errorDetail() encoded, by its type", () => {
  const error = new RpcError(Status.RESOURCE_EXHAUSTED, "slow down", {
    details: [
      errorDetail(RetryInfo, { retryDelay: { seconds: 30n } }),
      errorDetail(QuotaFailure, { violations: [{ subject: "user:7", quotaValue: 100n }] }),
      errorDetail(ErrorInfo, { reason: "TOO_MANY_ORDERS", metadata: new Map([["limit", "100"]]) }),
    ],
  });
  assertEquals(error.detail(RetryInfo), { retryDelay: { seconds: 30n, nanos: 0 } });
  assertEquals(error.detail(ErrorInfo), {
    reason: "TOO_MANY_ORDERS",
    domain: "",
    metadata: new Map([["limit", "100"]]),
  });
  const [violation] = error.detail(QuotaFailure)!.violations;
  assertEquals([violation!.subject, violation!.quotaValue, violation!.futureQuotaValue], ["user:7", 100n, undefined]);
  assertEquals(error.detail(BadRequest), undefined);
});

/** Two messages as protobuf's binary format has them, written by hand from the field numbers of googleapis. */
Deno.test("the field numbers are those of googleapis", () => {
  const hex = (bytes: Uint8Array) => bytes.toHex();
  const field = { field: "a", description: "b", reason: "c", localizedMessage: { locale: "d", message: "e" } };
  assertEquals(
    hex(BadRequest.encode({ fieldViolations: [field] })),
    "0a11" + "0a0161" + "120162" + "1a0163" + "2206" + "0a0164" + "120165",
  );
  const violation = {
    subject: "a",
    description: "b",
    apiService: "c",
    quotaMetric: "d",
    quotaId: "e",
    quotaDimensions: new Map([["k", "v"]]),
    quotaValue: 7n,
    futureQuotaValue: 0n,
  };
  assertEquals(
    hex(QuotaFailure.encode({ violations: [violation] })),
    "0a1b" + "0a0161" + "120162" + "1a0163" + "220164" + "2a0165" + "3206" + "0a016b" + "120176" + "3807" + "4000",
  );
});
