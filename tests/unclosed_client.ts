/**
 * A program that makes calls and does not close its client: it ends when they have ended.
 *
 * @module
 */

import { type ClientOptions, createClient } from "../mod.ts";
import { Kinds } from "./proto/kinds.ts";

const [first, second, options] = JSON.parse(Deno.args[0]!) as [string, string, ClientOptions];
const client = createClient(Kinds, options);
console.log((await client.unary({ text: first })).text);
// By now the connection has had no call for longer than its clock takes to see that.
if (second !== "") {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  console.log((await client.unary({ text: second })).text);
}
