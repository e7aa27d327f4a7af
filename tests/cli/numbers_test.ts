import { assertEquals } from "@std/assert";
import { schemaFromFiles } from "../../cli/schema/schema.ts";
import { createServer, type Handlers, type Service } from "../../mod.ts";
import { needs } from "../needs.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

const PROTO = `syntax = "proto3";
package big;
message Numbers { int64 a = 1; uint64 b = 2; repeated fixed64 c = 3; double d = 4; }
service Big { rpc Echo(Numbers) returns (Numbers); }`;

needs(
  CLI_PERMISSIONS,
  "dinokit call does not round 64-bit integers, neither in requests nor in responses",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const proto = `${folder}/big.proto`;
      await Deno.writeTextFile(proto, PROTO);
      await using schema = schemaFromFiles([proto]);
      await using server = createServer({ name: "big", address: "127.0.0.1:0" });
      server.add(await schema.findService("big.Big"), { echo: (request: unknown) => request } as Handlers<Service>);
      await server.start();
      const json = '{"a":-9223372036854775808,"b":18446744073709551615,"c":[9007199254740993,"1"],"d":1e21}';
      const { code, stdout } = await dinokit(["call", server.address, "big.Big/Echo", json, "--proto", proto]);
      assertEquals(code, 0);
      assertEquals(JSON.parse(stdout), {
        a: "-9223372036854775808",
        b: "18446744073709551615",
        c: ["9007199254740993", "1"],
        d: 1e21,
      });
      const minus = await dinokit(["call", server.address, "big.Big/Echo", '{"d":-0.0}', "--proto", proto]);
      assertEquals(minus, { code: 0, stdout: '{"d":-0}\n', stderr: "" });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
