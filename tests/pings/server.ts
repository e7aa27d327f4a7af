/**
 * `dinokit.test.Kinds` on Dinokit, with all defaults, in a process of its own.
 *
 * @module
 */

import { createServer } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { Kinds } from "../proto/kinds.ts";

const server = createServer({ name: "kinds", address: "127.0.0.1:0" });
server.add(Kinds, kindsHandlers());
await server.start();
console.log(`READY ${server.address}`);
