/**
 * Gets all that these tests need from others, so that no test waits for it:
 *
 *     deno run -A tests/conformance/prepare.ts
 *
 * @module
 */

import { buildConformance } from "./connect/runner.ts";
import { FOREIGN_PEERS } from "./peer.ts";
import { program } from "./programs.ts";
import { protobufConformance } from "./protobuf/runner.ts";

console.log(await program("h2spec"));
console.log(await program("ghz"));
console.log(await buildConformance());
for (const peer of FOREIGN_PEERS) console.log(await peer.prepare());
console.log((await protobufConformance()).command.at(-1));
