import { assertEquals } from "@std/assert";
import plugin, { slowness } from "./regexp_rule.ts";

Deno.test("slowness() finds expressions that take quadratic time on a text without a match", () => {
  const slow = [
    /[ \t]+$/,
    / +$/gm,
    /0+$/,
    /(a|b+)$/,
    /a{2,}$/,
    /x(?:y|z*)$/,
    /.*foo/,
    /^(.*?)\s*$/,
    /^\w+\d*$/,
    /^\d+\d+x/,
  ];
  for (const { source, flags } of slow) assertEquals(typeof slowness(source, flags), "string", source);
});

Deno.test("slowness() accepts expressions that take linear time", () => {
  const fast = [
    ...[/^[ \t]+$/, /^(?:0|[1-9]\d*)$/, /a+/, /[+*]$/, /a\+$/, /^[a-z]+\d+$/, /0+$/y, /^a*b*$/, /^[^:]+:(.*)$/, /x?$/],
    ...[/^(0\.0|[0:]+)$/, /\$+/, /[$]+x/, /^\p{L}+\d*$/u],
  ];
  for (const { source, flags } of fast) assertEquals(slowness(source, flags), undefined, source);
});

Deno.test("the rule looks at the library only", () => {
  const names = (file: string) => Deno.lint.runPlugin(plugin, file, "text.replace(/ +$/, '');\n").map(({ id }) => id);
  assertEquals(names("rpc/metadata.ts"), ["dinokit-regexps/linear"]);
  assertEquals([names("rpc/metadata_test.ts"), names("tests/y.ts")], [[], []]);
});
