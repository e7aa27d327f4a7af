import { assertEquals, assertStringIncludes } from "@std/assert";
import { schemaFromFiles } from "../../cli/schema/schema.ts";
import { createServer, type Handlers, type Service } from "../../mod.ts";
import { needs } from "../needs.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";

const SERVICE = `syntax = "proto3";
package box;
import "google/protobuf/any.proto";
message Box { repeated google.protobuf.Any things = 1; }
service Boxes { rpc Echo(Box) returns (Box); }`;
const THING = `syntax = "proto3";
package thing;
import "google/protobuf/any.proto";
message Thing { string name = 1; google.protobuf.Any inner = 2; }`;

needs(
  CLI_PERMISSIONS,
  "dinokit call finds the types in a google.protobuf.Any, which the method's file does not import",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const [box, thing] = [`${folder}/box.proto`, `${folder}/thing.proto`];
      await Deno.writeTextFile(box, SERVICE);
      await Deno.writeTextFile(thing, THING);
      await using schema = schemaFromFiles([box]);
      await using server = createServer({ name: "box", address: "127.0.0.1:0" });
      server.add(await schema.findService("box.Boxes"), { echo: (request: unknown) => request } as Handlers<Service>);
      await server.start();
      const type = "type.googleapis.com/thing.Thing";
      const inner = { "@type": type, name: "inner" };
      const json = JSON.stringify({ things: [{ "@type": type, name: "outer", inner }] });
      const call = ["call", server.address, "box.Boxes/Echo", json, "--proto", box];
      assertEquals(await dinokit([...call, "--proto", thing]), { code: 0, stdout: `${json}\n`, stderr: "" });
      const without = await dinokit(call);
      assertEquals(without.code, 2);
      assertStringIncludes(
        without.stderr,
        "the type thing.Thing is not known here; give its .proto file with --proto\n",
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
