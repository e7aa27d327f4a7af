import { assertEquals } from "@std/assert";
import { MAX_BYTES, MAX_FILES } from "../cli/schema/reflection.ts";
import { MAX_NAME_CHARACTERS } from "../codegen/check/file.ts";
import { MAX_IMPORT_DEPTH } from "../codegen/load/load.ts";
import { MAX_BRACES_DEPTH } from "../codegen/parse/option_reader.ts";
import * as outliner from "../codegen/parse/outliner.ts";
import { MOST_PROBLEMS } from "../codegen/problem.ts";
import * as document from "../config/document.ts";
import { MAX_REPORTED_PROBLEMS } from "../config/problem.ts";
import { MAX_PEM_BYTES } from "../config/tls.ts";
import { MAX_HEADER_BYTES } from "../registry/consul/answer.ts";
import { ONE_ANSWER_BYTES } from "../registry/consul/http.ts";
import * as instances from "../registry/consul/read_instances.ts";
import { CONSUL_OPTIONS, MAX_TOKEN_BYTES } from "../registry/consul/options.ts";
import { needs } from "./needs.ts";

/** A size as the page writes it. */
const size = (bytes: number) => bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 2 ** 10} KiB`;
const text = ({ bytes, tokens }: document.TextBounds) => `${size(bytes)} and ${tokens} tokens`;

needs([{ name: "read" }], "docs/limits.md has the limits on data from a registry and from files", () => {
  const page = Deno.readTextFileSync(new URL("../docs/limits.md", import.meta.url));
  const [, section] = /^## From a registry, and from files$(.*?)^## /ms.exec(page)!;
  const rows = [...section!.matchAll(/^\| (?!-|limit )(.+?) +\| (.+?) +\|/gm)].map((
    [, limit, value],
  ) => [limit, value]);
  assertEquals(rows, [
    ["a response of Consul with a list", size(CONSUL_OPTIONS.answerBytes.fallback!)],
    ["any other response of Consul", size(ONE_ANSWER_BYTES)],
    ["the header of a response of Consul", size(MAX_HEADER_BYTES)],
    ["the time for a response of Consul", "8 s after its `wait`"],
    ["an entry of such a list", size(instances.MAX_ENTRY_BYTES)],
    ["the instances of a service", `${instances.MAX_INSTANCES}`],
    ["the tags, and the meta, of one", `${instances.MAX_LABELS} of ${instances.MAX_LABEL_CHARACTERS} characters each`],
    ["the weight of an instance", `${instances.MAX_WEIGHT}`],
    ["a policy in a key of Consul", text(document.POLICY_BOUNDS)],
    ["a conf.yaml", text(document.CONF_BOUNDS)],
    ["the aliases in either", `${document.MAX_ALIASES}`],
    ["a key in either", `${document.MAX_NAME_CHARACTERS} characters`],
    ["the reported problems of either", `${MAX_REPORTED_PROBLEMS}`],
    ["a PEM file of `dinokit.tls`", size(MAX_PEM_BYTES)],
    ["the file of `tokenFile`", size(MAX_TOKEN_BYTES)],
    [
      "the package name of a .proto",
      `${outliner.MAX_PACKAGE_CHARACTERS} characters, ${outliner.MAX_PACKAGE_PARTS} parts`,
    ],
    ["a full name in a .proto", `${MAX_NAME_CHARACTERS} characters`],
    ["the depth of imports of a .proto", `${MAX_IMPORT_DEPTH}`],
    ["the depth of messages in a .proto", `${outliner.MAX_MESSAGE_DEPTH}`],
    ["the depth of options in braces", `${MAX_BRACES_DEPTH}`],
    ["the reported mistakes of a .proto", `${MOST_PROBLEMS}, and the last`],
    ["a server's reflection, read by the command line", `${MAX_FILES} files with ${size(MAX_BYTES)}`],
  ]);
});
