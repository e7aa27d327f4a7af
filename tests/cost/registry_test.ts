import { readDocument } from "../../config/document.ts";
import { ConfigError } from "../../config/problem.ts";
import { loadYaml } from "../../deps.ts";
import { AllowedAddresses } from "../../registry/allowed_addresses.ts";
import { readInstances } from "../../registry/consul/read_instances.ts";
import { JsonReader } from "../../registry/consul/json_reader.ts";
import { assertLinear } from "./assert_linear.ts";

const entry = (more: object) => JSON.stringify({ Node: { Address: "192.0.2.7" }, Service: { Port: 1, ...more } });
const list = (count: number, make: (i: number) => string) => `[${Array.from({ length: count }, (_, i) => make(i))}]`;
const tags = (make: (i: number) => string) => entry({ Tags: Array.from({ length: 200 }, (_, i) => make(i)) });

/** Lists of instances, by a size that grows in proportion to their bytes. */
const LISTS: Record<string, (size: number) => string> = {
  "instances": (size) => list(size, (i) => entry({ Address: `10.0.${i >> 8}.${i & 255}`, Tags: ["zone:a"] })),
  "the same instance": (size) => list(size, () => entry({})),
  "tags": (size) => list(size / 20, (i) => tags((j) => `t${i}:${j}`)),
  "tags whose hashes collide": (size) => list(size / 20, () => tags((j) => String(j * 65_536))),
  "hosts whose hashes collide": (size) => list(size, (i) => entry({ Address: String(i * 65_536) })),
  "addresses that are refused": (size) => list(size, (i) => entry({ Address: "0.0.0.0", Port: i })),
  "empty entries": (size) => list(20 * size, () => "{}"),
  "long texts": (size) => list(size / 20, () => entry({ Notes: "\\u0001x".repeat(1000) })),
  "brackets": (size) => `[${"[".repeat(20 * size)}${"]".repeat(20 * size)}]`,
};

/** YAML of a size that grows in proportion to its tokens. */
const TEXTS: Record<string, (size: number) => string> = {
  "keys": (size) => Array.from({ length: size }, (_, i) => `k${i}: 1\n`).join(""),
  "one key": (size) => "k: 1\n".repeat(size),
  "mistakes": (size) => "a: b: c\n".repeat(size),
  "escapes": (size) => `a: "${"\\q".repeat(size)}"`,
  "brackets": (size) => "]".repeat(size),
  "commas": (size) => `[${",".repeat(size)}`,
  "anchors": (size) => Array.from({ length: size }, (_, i) => `- &a${i} 1\n`).join(""),
};

for (const [what, make] of Object.entries(LISTS)) {
  Deno.test(`a list in Consul takes time in proportion to its bytes: ${what}`, () =>
    assertLinear(500, (size) => {
      const bytes = new TextEncoder().encode(make(size));
      const allowed = new AllowedAddresses();
      return () => readInstances(new JsonReader(bytes), allowed, []);
    }));
}

for (const [what, make] of Object.entries(TEXTS)) {
  Deno.test(`settings take time in proportion to their tokens: ${what}`, async () => {
    const yaml = await loadYaml();
    await assertLinear(200, (size) => {
      const text = make(size);
      return () => {
        try {
          readDocument(yaml, text, "conf.yaml", { bytes: Infinity, tokens: Infinity }).fields("", () => {});
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
        }
      };
    });
  });
}
