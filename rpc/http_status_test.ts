import { assertEquals } from "@std/assert";
import { httpStatus } from "./http_status.ts";
import { Status } from "./status.ts";

Deno.test("httpStatus() returns a valid HTTP status for every code, and 500 for an unknown code", () => {
  const codes = Object.values(Status).filter((code) => typeof code === "number");
  const statuses = codes.map(httpStatus);
  assertEquals(statuses.length, 17);
  for (const status of statuses) assertEquals(new Response(null, { status }).status, status);
  assertEquals([httpStatus(Status.NOT_FOUND), httpStatus(Status.UNAVAILABLE)], [404, 503]);
  assertEquals([17, 99, -1, 1.5, NaN].map(httpStatus), [500, 500, 500, 500, 500]);
});
