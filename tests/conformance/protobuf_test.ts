import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { PEER_PERMISSIONS } from "../interop/peers.ts";
import { needs } from "../needs.ts";
import { must, runProgram } from "../program.ts";
import { protobufConformance } from "./protobuf/runner.ts";

/** What `JSON.parse` has decided before the kit sees it: of two keys with one name the last one counts. */
const BEFORE_US = ["Recommended.Proto3.JsonInput.FieldNameDuplicate"];

/** How many cases the runner of 33.2 has for proto3 in bytes and JSON. */
const CASES = 1475;

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

needs(
  PEER_PERMISSIONS,
  "protobuf's own conformance tests: every case of proto3, the recommended ones too, in bytes and JSON",
  async () => {
    const { command: [runner, ...args], protos } = await protobufConformance();
    const folder = await Deno.makeTempDir({ prefix: "dinokit-" });
    try {
      const files = ["conformance/conformance.proto", "google/protobuf/test_messages_proto3.proto"];
      const gen = ["gen", ...files.map((file) => `${protos}/${file}`), "-I", protos, "--out", folder];
      await must({ path: Deno.execPath(), args: ["run", "-A", path("../../cli/main.ts"), ...gen] }, "");
      await Deno.writeTextFile(`${folder}/expected`, BEFORE_US.join("\n"));
      const testee = [Deno.execPath(), "run", "-A", "--quiet", path("protobuf/testee.ts"), folder];
      const flags = ["--enforce_recommended", "--maximum_edition", "PROTO3", "--failure_list", `${folder}/expected`];
      const { code, stderr } = await runProgram({ path: runner!, args: [...args, ...flags, ...testee] }, 120_000);
      const [summary, ...figures] = /SUITE (\w+): (\d+) successes.* (\d+) expected.* (\d+) unexpected.*/.exec(stderr) ??
        [];
      console.log(summary ?? "the runner came to no end");
      assertEquals(figures, ["PASSED", String(CASES), String(BEFORE_US.length), "0"], stderr.slice(-10_000));
      assertEquals(code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
