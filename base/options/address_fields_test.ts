import { assertEquals } from "@std/assert";
import { agentAddress, hostAndPort, listenAddress, serverAddress } from "./address_fields.ts";

Deno.test("the address fields accept the addresses that their side can use", () => {
  const fields = { listenAddress, hostAndPort, serverAddress, agentAddress };
  const accepted = (value: unknown) =>
    Object.entries(fields).filter(([, field]) => field().check(value) === value).map(([name]) => name);
  assertEquals(accepted("127.0.0.1:8888"), Object.keys(fields));
  assertEquals(accepted("[::1]:8888"), Object.keys(fields));
  assertEquals(accepted(":0"), ["listenAddress", "hostAndPort"]);
  assertEquals(accepted("unix:/run/echo.sock"), ["listenAddress", "serverAddress"]);
  for (const wrong of ["", "a", "a:70000", "https://a:1", 5, null, {}]) assertEquals(accepted(wrong), []);
});
