import { assert, assertEquals, assertMatch } from "@std/assert";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { ErrorCode } from "../../http2/protocol/error.ts";
import { DEFAULT_LIMITS } from "../../limit_fields.ts";
import { headerProblem, statusOf, statusOfReset } from "./reply.ts";
import { readRequest } from "./request.ts";
import { plainAnswer, responseFields, trailerFields } from "./response.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const BASE = [":method", "POST", ":scheme", "http", ":path", "/a.B/C"];
const read = (fields: string[], exceeded = false) => readRequest(fields, exceeded, DEFAULT_LIMITS);
const GRPC = ["content-type", "application/grpc"];

Deno.test("readRequest() reads gRPC's fields of a call", () => {
  const request = read([
    ...BASE,
    ...GRPC,
    "grpc-timeout",
    "5S",
    "grpc-encoding",
    "gzip",
    "grpc-accept-encoding",
    "a,b",
  ]);
  const { path, timeout, encoding, accepts, refusal } = request;
  assertEquals([path, timeout, encoding, accepts, refusal], ["/a.B/C", 5000, "gzip", "a,b", undefined]);
  for (const type of ["application/grpc+proto", "application/grpc;x=y", "APPLICATION/GRPC"]) {
    assertEquals(read([...BASE, "content-type", type]).refusal, undefined, type);
  }
});

Deno.test("readRequest() rejects invalid requests with the status that explains why", () => {
  const many = Array.from({ length: 101 }, (_, i) => [`x-${i}`, ""]).flat();
  const cases: [code: Status, http: number | undefined, fields: string[]][] = [
    [Status.INTERNAL, 405, [":method", "GET", ...BASE.slice(2), ...GRPC]],
    [Status.INTERNAL, 415, BASE],
    [Status.INTERNAL, 415, [...BASE, "content-type", "application/grpc+json"]],
    [Status.INTERNAL, 415, [...BASE, "content-type", "application/grpcx"]],
    [Status.INTERNAL, undefined, [...BASE, ...GRPC, "grpc-timeout", "soon"]],
    [Status.UNIMPLEMENTED, undefined, [...BASE, ...GRPC, "grpc-encoding", "br"]],
    [Status.INTERNAL, undefined, [...BASE, ...GRPC, "x-bin", "*"]],
    [Status.RESOURCE_EXHAUSTED, undefined, [...BASE, ...GRPC, ...many]],
    [Status.RESOURCE_EXHAUSTED, undefined, [...BASE, ...GRPC, "x", "y".repeat(8192)]],
  ];
  for (const [code, http, fields] of cases) {
    const { refusal } = read(fields);
    assertEquals([refusal?.code, refusal?.http], [code, http], fields.slice(-2).join(" ").slice(0, 60));
  }
  assertEquals(read([], true).refusal!.code, Status.RESOURCE_EXHAUSTED);
  assertEquals(read([...BASE, ...GRPC, ...many.slice(2)]).refusal, undefined);
});

Deno.test("trailerFields() writes a status that statusOf() reads back, in trailers or in place of a header", () => {
  const status = {
    code: Status.ABORTED,
    message: "é %",
    trailer: new Metadata({ "x-a": "1" }),
    details: new Uint8Array([1]),
  };
  for (const only of [false, true]) {
    const fields = trailerFields(status, only, { refusal: undefined, encoding: undefined });
    assertEquals(fields[0], only ? ":status" : "grpc-status");
    const { trailer, ...rest } = statusOf(fields);
    assertEquals({ ...rest, trailer: [...trailer!] }, { ...status, trailer: [["x-a", "1"]] });
  }
  const ok = trailerFields({ code: Status.OK, message: "" }, false, { refusal: undefined, encoding: undefined });
  assertEquals(ok, ["grpc-status", "0", "grpc-message", ""]);
  const unknown = trailerFields({ code: Status.UNIMPLEMENTED, message: "" }, true, {
    refusal: { code: Status.UNIMPLEMENTED, message: "" },
    encoding: "br",
  });
  assertEquals(unknown.slice(-2), ["grpc-accept-encoding", "identity,gzip,deflate"]);
  assertEquals(responseFields("gzip").slice(-2), ["grpc-encoding", "gzip"]);
  assertEquals(responseFields(undefined).includes("grpc-encoding"), false);
});

Deno.test("plainAnswer() answers in HTTP: 405 names the allowed method", () => {
  const { fields, body } = plainAnswer({ http: 405, code: Status.INTERNAL, message: "m" });
  assertEquals(fields, [":status", "405", "content-type", "text/plain; charset=utf-8", "allow", "POST"]);
  assertEquals(body, utf8("m\n"));
});

Deno.test("a missing or malformed status is UNKNOWN; an undefined number stays", () => {
  for (const value of ["", "x", "-1", "1e1", "9999999999"]) {
    assertEquals(statusOf(["grpc-status", value]).code, Status.UNKNOWN, value);
  }
  assertMatch(statusOf([]).message, /no grpc-status/);
  assertEquals(statusOf(["grpc-status", "99"]).code, 99 as Status);
  assertEquals(statusOf(["grpc-status", "5", "grpc-status-details-bin", "*"]).details, undefined);
});

Deno.test("HTTP statuses of servers without gRPC become gRPC statuses", () => {
  const cases = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14, 500: 2, 302: 2, 204: 2 };
  for (const [http, code] of Object.entries(cases)) {
    assertEquals(headerProblem([":status", http, "content-type", "text/html"])!.code, code as Status, http);
  }
  assertEquals(headerProblem([":status", "200", "content-type", "text/html"])!.code, Status.UNKNOWN);
  assertEquals(headerProblem([":status", "200", ...GRPC, "grpc-encoding", "br"])!.code, Status.INTERNAL);
  assertEquals(headerProblem([":status", "200", ...GRPC, "x-bin", "*"]), undefined);
});

Deno.test("no message repeats a long text of a peer", () => {
  const long = "\x01".repeat(8000);
  const said = [
    ...[[":method", long], ["content-type", long], ["grpc-timeout", long], ["grpc-encoding", long]]
      .map((field) => read([...BASE, ...GRPC, ...field]).refusal!.message),
    read([...BASE, ...GRPC, `x-${"a".repeat(8000)}-bin`, "*"]).refusal!.message,
    ...[[":status", long, ...GRPC], [":status", "200", "content-type", long]]
      .map((fields) => headerProblem(fields)!.message),
    headerProblem([":status", "200", ...GRPC, "grpc-encoding", long])!.message,
    statusOf(["grpc-status", long]).message,
  ];
  for (const text of said) assert(text.length < 1000, text);
});

Deno.test("codes of RST_STREAM become gRPC's; only a refused stream is unprocessed", () => {
  const cases: [ErrorCode, Status][] = [
    [ErrorCode.NO_ERROR, Status.INTERNAL],
    [ErrorCode.PROTOCOL_ERROR, Status.INTERNAL],
    [ErrorCode.STREAM_CLOSED, Status.INTERNAL],
    [ErrorCode.REFUSED_STREAM, Status.UNAVAILABLE],
    [ErrorCode.CANCEL, Status.CANCELLED],
    [ErrorCode.ENHANCE_YOUR_CALM, Status.RESOURCE_EXHAUSTED],
    [ErrorCode.INADEQUATE_SECURITY, Status.PERMISSION_DENIED],
    [77 as ErrorCode, Status.INTERNAL],
  ];
  for (const [code, status] of cases) {
    const { code: found, unprocessed } = statusOfReset(code, "");
    assertEquals(
      [found, unprocessed],
      [status, code === ErrorCode.REFUSED_STREAM ? "refused" : undefined],
      ErrorCode[code],
    );
  }
  assertEquals(statusOfReset(ErrorCode.REFUSED_STREAM, "broke it").code, Status.INTERNAL);
});
