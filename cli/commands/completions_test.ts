import { assert } from "@std/assert";
import { dinokit } from "../main.ts";
import { completionScript } from "./completions.ts";

Deno.test("the scripts of all shells know every command and flag", () => {
  const { commands } = dinokit();
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = completionScript(shell, commands);
    for (const one of commands) {
      assert(script.includes(one.name()), `${shell}: ${one.name()}`);
      for (const { long } of one.options) {
        const flag = shell === "fish" ? `-l ${long!.slice(2)}` : long!;
        assert(script.includes(flag), `${shell}: ${one.name()} ${flag}`);
      }
    }
  }
});
