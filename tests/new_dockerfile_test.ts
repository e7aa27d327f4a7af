import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Built, carryOut } from "./dockerfile.ts";
import { needs } from "./needs.ts";
import { filesIn, movePorts, workshop } from "./new_project.ts";
import { runProgram, startProgram } from "./program.ts";
import { serveKit } from "./served_kit.ts";

const ALL: Deno.PermissionDescriptor[] = [{ name: "run" }, { name: "read" }, { name: "write" }, { name: "net" }, {
  name: "env",
}];

needs(
  ALL,
  "dinokit new: the steps of its Dockerfile, on this machine: all files are there when it starts, and it serves",
  async () => {
    await using shop = workshop({
      "echo.proto": await Deno.readTextFile(new URL("../proto/echo.proto", import.meta.url)),
    });
    let built: Built, address: string;
    const [workdir, cache] = ["image", "cache"].map((name) => `${shop.path}/${name}`);
    Deno.mkdirSync(workdir!);
    const env = { NO_COLOR: "1", DENO_DIR: cache! };
    {
      await using kit = await serveKit();
      await shop.make("hello", "--idl", "echo.proto", "--module", `${kit.url}/mod.ts`);
      address = movePorts(shop, ["hello"]);
      shop.write("hello/.env", "SECRET=1\n");
      built = await carryOut(`${shop.path}/hello`, workdir!, env);
      shop.write("hello/handlers/more.ts", `import "npm:yaml@2.8.1";\n`);
      shop.write("hello/main.ts", `import "./handlers/more.ts";\n`);
      Deno.mkdirSync(`${shop.path}/other`);
      const error = await assertRejects(() => carryOut(`${shop.path}/hello`, `${shop.path}/other`, env), Error);
      assertStringIncludes(error.message, "The lockfile is out of date");
    }
    const files = [...filesIn(shop, "image").keys()].filter((path) => !/^(conf|idl)\//.test(path)).sort();
    assertEquals(files, ["client.ts", "deno.json", "handlers/echo_service/echo.ts", "handlers/mod.ts", "main.ts"]);
    // The kit is gone from its URL.
    const program = { path: Deno.execPath(), args: built.cmd, cwd: workdir!, env: { ...env, ...built.env } };
    const health = () => {
      const args = built.health.slice(1).map((part) => part.replaceAll("127.0.0.1:8889", healthAddress));
      return runProgram({ ...program, args });
    };
    await using server = await startProgram(program, 'address="[::]:');
    const healthAddress = `127.0.0.1:${/health="\[::\]:(\d+)"/.exec(await server.line("health="))![1]}`;
    assertEquals(built.health[0], "deno");
    assertEquals((await health()).code, 0);
    const call = ["run", "-A", "cli/main.ts", "call", address, "echo.EchoService/Echo"];
    const cwd = fileURLToPath(new URL("..", import.meta.url));
    const proto = ["--proto", `${shop.path}/echo.proto`];
    const { stderr } = await runProgram({ path: Deno.execPath(), args: [...call, ...proto], cwd });
    assertStringIncludes(stderr, "UNIMPLEMENTED: Echo is not implemented yet");
    await server.stop();
    await server.line("stopped");
    assertEquals((await health()).code, 1);
  },
);

needs(ALL, "dinokit new: a kit that is a path fails the build with the path's name", async () => {
  await using shop = workshop({
    "echo.proto": await Deno.readTextFile(new URL("../proto/echo.proto", import.meta.url)),
  });
  const said = await shop.make("hello", "--idl", "echo.proto");
  assertStringIncludes(said, `"imports" in deno.json needs a URL before it is built elsewhere`);
  const workdir = `${shop.path}/elsewhere/image`;
  Deno.mkdirSync(workdir, { recursive: true });
  const error = await assertRejects(() => carryOut(`${shop.path}/hello`, workdir, { NO_COLOR: "1" }), Error);
  assertStringIncludes(error.message, "--entrypoint main.ts: exit code 1\n");
  assertStringIncludes(error.message, 'Module not found "file://');
});

const PINS: Record<string, RegExp> = {
  ".ci/run": /^version=(\S+)$/m,
  "compose.yaml": /image: denoland\/deno:(\S+)/,
  "cli/new/template/Dockerfile": /^FROM denoland\/deno:(\S+)$/m,
  "cli/new/template/ci.yml": /deno-version: "(.*)"/,
};

needs([{ name: "read" }], "images and workflows name the Deno that our own tests run on", async () => {
  const version = async ([path, pin]: [string, RegExp]) =>
    pin.exec(await Deno.readTextFile(new URL(`../${path}`, import.meta.url)))?.[1];
  const found = await Promise.all(Object.entries(PINS).map(version));
  assertEquals(found, found.map(() => found[0]));
  assertEquals(typeof found[0], "string");
});
