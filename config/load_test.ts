import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { needs } from "../tests/needs.ts";
import { configPermissions, loadConfig } from "./load.ts";
import { ConfigError } from "./problem.ts";

const FILES: Deno.PermissionDescriptor[] = [{ name: "read" }, { name: "write" }];
const PROCESS: Deno.PermissionDescriptor[] = [...FILES, { name: "run", command: Deno.execPath() }, { name: "env" }];

const conf = (service: string) => `kitex:\n  service: ${service}\n  address: ":8888"\n`;

/** A folder with the environments test, dev and online; each service is named after its environment. */
async function withFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "dinokit conf-" });
  try {
    for (const env of ["test", "dev", "online"]) {
      await Deno.mkdir(`${root}/conf/${env}`, { recursive: true });
      await Deno.writeTextFile(`${root}/conf/${env}/conf.yaml`, conf(`${env}-service`));
    }
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/**
 * Runs loadConfig in a process of its own, with its own permissions, folder and environment: what it gives, or its
 * error.
 */
async function inProcess(cwd: string, flags: string[], env: Record<string, string>, options = {}): Promise<string> {
  const script = `import { loadConfig } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    try {
      const { env, kitex, dinokit } = await loadConfig(${JSON.stringify(options)});
      void dinokit.clients?.echoservice;
      console.log(env, kitex.service, kitex.address);
    } catch (error) { console.log(error.name + ": " + error.message); }`;
  const cache = ["HOME", "DENO_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"].map((name) => [name, Deno.env.get(name) ?? ""]);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      `--lock=${fileURLToPath(new URL("../deno.lock", import.meta.url))}`,
      ...flags,
      "-",
    ],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(cache.filter(([, value]) => value !== "")), NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout, stderr } = await child.output();
  return new TextDecoder().decode(stdout).trim() + new TextDecoder().decode(stderr).trim();
}

Deno.test("loadConfig() rejects invalid options and folders that are not directories", async () => {
  await assertRejects(
    () => loadConfig({ directory: "conf" } as never),
    TypeError,
    "loadConfig: directory is not an option",
  );
  for (const dir of ["", "https://example.com/conf", new URL("https://example.com/conf/")]) {
    await assertRejects(
      () => loadConfig({ dir }),
      TypeError,
      `loadConfig: dir is ${JSON.stringify(String(dir))}; use a path or a file URL, for example "conf"`,
    );
  }
});

Deno.test("configPermissions() returns the folder and the variables that are read", () => {
  const used = ["DENO_ENV", "GO_ENV", "DINOKIT_*"].map((variable) => ({ name: "env", variable }));
  assertEquals(configPermissions(), { needed: [{ name: "read", path: "conf" }], used });
  assertEquals(configPermissions({ dir: new URL("file:///srv/my%20shop/conf/") }).needed, [
    { name: "read", path: "/srv/my shop/conf" },
  ]);
  assertThrows(() => configPermissions({ dir: "" }), TypeError, "loadConfig: dir is");
});

needs(FILES, "loadConfig() reads the file of an environment, from a path or a file URL", async () => {
  await withFolder(async (root) => {
    const dir = `${root}/conf`;
    const url = new URL(`file://${encodeURI(dir)}/`);
    for (const one of [dir, `${dir}/`, url, url.href]) {
      const { env, file, kitex } = await loadConfig({ dir: one, env: "dev" });
      assertEquals([env, file, kitex.service], ["dev", `${dir}/dev/conf.yaml`, "dev-service"]);
    }
  });
});

needs(FILES, "loadConfig() lists the environments if the chosen one is not there", async () => {
  await withFolder(async (root) => {
    await Deno.writeTextFile(`${root}/conf/README.md`, "");
    await assertRejects(
      () => loadConfig({ dir: `${root}/conf`, env: "prod" }),
      Deno.errors.NotFound,
      `loadConfig: ${root}/conf/prod/conf.yaml does not exist (environment "prod" comes from the option "env"); ` +
        `there are dev, online, test in ${root}/conf`,
    );
    await assertRejects(
      () => loadConfig({ dir: `${root}/cnf`, env: "test" }),
      Deno.errors.NotFound,
      `there is no folder ${root}/cnf either; give its path as "dir"`,
    );
  });
});

needs(
  FILES,
  "loadConfig() reports problems with file, line and column, and rejects text that is not UTF-8",
  async () => {
    await withFolder(async (root) => {
      const file = `${root}/conf/test/conf.yaml`;
      const load = () => loadConfig({ dir: `${root}/conf`, env: "test" });
      await Deno.writeTextFile(file, "kitex: { service: a, adress: b }\n");
      await assertRejects(
        load,
        ConfigError,
        `\n  ${file}:1:22: kitex.adress is not a key; did you mean kitex.address?`,
      );
      await Deno.writeFile(file, new Uint8Array([0xff, 0xfe, 0x6b, 0x00]));
      await assertRejects(load, ConfigError, `\n  ${file}: is not UTF-8 text; save it as UTF-8`);
    });
  },
);

needs([{ name: "read" }], "loadConfig() takes the settings of the example", async () => {
  const dir = new URL("../conf/", import.meta.url);
  for (const env of ["dev", "test", "online"]) {
    assertEquals((await loadConfig({ dir, env })).kitex.service, "echoservice");
  }
});

needs(PROCESS, "loadConfig() takes the environment from DENO_ENV, then GO_ENV, then test", async () => {
  await withFolder(async (root) => {
    const flags = ["--allow-read=conf", "--allow-env=DENO_ENV,GO_ENV"];
    const load = (env: Record<string, string>) => inProcess(root, flags, env);
    assertEquals(await load({ DENO_ENV: "dev", GO_ENV: "online" }), "dev dev-service :8888");
    assertEquals(await load({ DENO_ENV: "", GO_ENV: "online" }), "online online-service :8888");
    assertEquals(await load({}), "test test-service :8888");
  });
});

needs(PROCESS, "loadConfig() works with no permission but to read the file", async () => {
  await withFolder(async (root) => {
    const variables = { DENO_ENV: "dev", DINOKIT_KITEX_ADDRESS: ":9999", DINOKIT_TYPO: "1" };
    for (const flags of [["--allow-read=conf/test/conf.yaml"], ["--allow-read=conf", "--ignore-env"]]) {
      const said = await inProcess(root, flags, variables);
      assertStringIncludes(said, "test test-service :8888");
      assertStringIncludes(said, `DENO_ENV and GO_ENV can't be read: the environment is "test", from the default`);
    }
  });
});

needs(PROCESS, "loadConfig() names the flag if it may not read", async () => {
  await withFolder(async (root) => {
    const said = await inProcess(root, [], {});
    assertStringIncludes(said, "NotCapable: loadConfig needs permissions that this process does not have: read conf\n");
    assertStringIncludes(said, "deno run --allow-read=conf '--allow-env=DENO_ENV,GO_ENV,DINOKIT_*' ");
    assertStringIncludes(
      await inProcess(root, ["--allow-read=conf/prod"], {}, { env: "prod" }),
      "which environments there are can't be read: run with --allow-read=conf to see them",
    );
  });
});

needs(PROCESS, "loadConfig() reads no file of more than 256 KiB, for any reported size", async () => {
  await withFolder(async (root) => {
    for (const make of [Deno.writeTextFile, (path: string) => Deno.symlink("/dev/zero", path)]) {
      await Deno.remove(`${root}/conf/test/conf.yaml`);
      await make(`${root}/conf/test/conf.yaml`, `${conf("test-service")}# ${"x".repeat(2 ** 18)}`);
      assertEquals(
        await inProcess(root, ["--allow-read"], {}),
        "ConfigError: the settings can't be used:\n" +
          "  conf/test/conf.yaml: is too large for settings; use at most 262144 bytes",
      );
    }
  });
});

needs(
  PROCESS,
  "loadConfig() warns when the program asks for the policy of a service that is misspelt there",
  async () => {
    await withFolder(async (root) => {
      const clients = "dinokit: { clients: { ecoservice: { timeout: 500 } } }\n";
      await Deno.writeTextFile(`${root}/conf/test/conf.yaml`, conf("test-service") + clients);
      const said = await inProcess(root, ["--allow-read=conf", "--allow-env"], {});
      assertStringIncludes(
        said,
        'WARN  conf/test/conf.yaml: dinokit.clients has no "echoservice", which the program asks for; ' +
          'is "ecoservice" meant for it?',
      );
    });
  },
);

needs(PROCESS, "loadConfig() warns of settings of the registry that nothing uses", async () => {
  await withFolder(async (root) => {
    const registry = "registry: { registry_address: [a:1, b:2, c:3], username: me, password: secret }\n";
    await Deno.writeTextFile(`${root}/conf/test/conf.yaml`, conf("test-service") + registry);
    const said = await inProcess(root, ["--allow-read=conf", "--allow-env"], {});
    assertStringIncludes(said, "WARN  registry.username and registry.password are not used");
    assertStringIncludes(said, "WARN  registry.registry_address: only a:1 is used, not b:2, c:3");
    assertEquals(said.includes("secret"), false);
  });
});

needs(PROCESS, "loadConfig() lets variables override keys as far as they may be read", async () => {
  await withFolder(async (root) => {
    const variables = { DINOKIT_KITEX_ADDRESS: ":9999", DINOKIT_KITEX_SERVICE: "other" };
    const load = (env: string, more = {}) =>
      inProcess(root, ["--allow-read=conf", env], { ...variables, ...more }, { env: "test" });
    assertEquals(await load("--allow-env=DINOKIT_KITEX_ADDRESS"), "test test-service :9999");
    assertEquals(await load("--allow-env=DINOKIT_*"), "test other :9999");
    assertEquals(
      await load("--allow-env", { DINOKIT_SERVICE_HOST: "10.0.0.1", DINOKIT_PORT: "x" }),
      "test other :9999",
    );
    assertEquals(
      await load("--allow-env", { DINOKIT_KITEX_ADRESS: ":1" }),
      "ConfigError: the settings can't be used:\n" +
        "  environment variable DINOKIT_KITEX_ADRESS: matches no key; did you mean DINOKIT_KITEX_ADDRESS?",
    );
  });
});
