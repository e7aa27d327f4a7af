import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseAddress } from "./address.ts";
import { netPermissions, rememberPermissions, requirePermissions } from "./permissions.ts";

const none = { permissions: "none" } as const;

Deno.test("requirePermissions() accepts an empty list", none, () => {
  requirePermissions("createServer", []);
});

Deno.test(
  "requirePermissions() lists the missing permissions, and the complete command and permission set",
  none,
  () => {
    const { message } = assertThrows(
      () =>
        requirePermissions(`createServer("echo")`, [
          { name: "net", host: "127.0.0.1:8888" },
          { name: "net", host: "127.0.0.1:8889" },
          { name: "net", host: "127.0.0.1:8888" },
          { name: "env", variable: "GRPC_*" },
          { name: "sys", kind: "networkInterfaces" },
          { name: "read" },
        ]),
      Deno.errors.NotCapable,
    );
    assertStringIncludes(message, `createServer("echo") needs permissions that this process does not have: `);
    assertStringIncludes(message, ": net 127.0.0.1:8888; net 127.0.0.1:8889; env ");
    assertStringIncludes(
      message,
      "deno run --allow-net=127.0.0.1:8888,127.0.0.1:8889 '--allow-env=GRPC_*' --allow-sys=networkInterfaces --allow-read ",
    );
    assertStringIncludes(
      message,
      `{"net":["127.0.0.1:8888","127.0.0.1:8889"],"env":["GRPC_*"],"sys":["networkInterfaces"],"read":true}`,
    );
  },
);

Deno.test(
  "requirePermissions() also lists the permissions of the settings, once, and the program relative to the current folder",
  none,
  () => {
    const settings = [{ name: "read", path: "my conf" }, { name: "env", variable: "DENO_ENV" }] as const;
    rememberPermissions(settings);
    rememberPermissions(settings);
    const { message } = assertThrows(
      () => requirePermissions("createServer", [{ name: "net", host: "127.0.0.1:1" }]),
      Deno.errors.NotCapable,
    );
    const [, path] =
      /deno run '--allow-read=my conf' --allow-env=DENO_ENV --allow-net=127.0.0.1:1 (\S+)$/m.exec(message) ?? [];
    assertEquals(new URL(path!, `file://${Deno.cwd()}/`).href, Deno.mainModule, message);
  },
);

Deno.test("requirePermissions() asks for a permission without a value if one of the needed has none", none, () => {
  const needed = [{ name: "write", path: "log" }, { name: "write" }] as const;
  const { message } = assertThrows(() => requirePermissions("x", needed), Deno.errors.NotCapable);
  assertStringIncludes(message, " --allow-write ");
});

Deno.test("netPermissions() names the host and port, the file of a unix socket, and nothing for a memory address", () => {
  const of = (text: string) => netPermissions(parseAddress(text, "address"));
  assertEquals(of("localhost:1"), [{ name: "net", host: "localhost:1" }]);
  assertEquals(of("[::1]:1"), [{ name: "net", host: "[::1]:1" }]);
  assertEquals(of("memory:x"), []);
  assertEquals(of("unix:/run/x"), [
    { name: "read", path: "/run/x" },
    { name: "write", path: "/run/x" },
    { name: "net", host: "unix:/run/x" },
  ]);
});
