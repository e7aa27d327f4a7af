import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BizError, createServer, RpcError, Status } from "../../mod.ts";
import { fakeConsul, list } from "../fake_consul.ts";
import { needs } from "../needs.ts";
import { runProgram } from "../program.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS, dinokit, startDinokit } from "./dinokit.ts";
import { type Answer, descriptor, evilReflection, files, type Question, SERVICE, services } from "./evil_server.ts";

/** A text that sets the title, clears the screen, turns colours and direction, and writes a line like ours. */
const EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\u202eevil\u2066\r\nnext:  rm -rf ~\n\x7f\x85";
const SHOWN =
  "\\u001b]0;title\\u0007\\u001b[2J\\u009b31m\\u202eevil\\u2066\\u000d\\u000anext:  rm -rf ~\\u000a\\u007f\\u0085";

/** Fails if a text acts on a terminal, or has a line that looks like one of ours. */
function assertHarmless(text: string, shown = SHOWN): void {
  assertEquals(text.match(/[^\n\P{Cc}]|\p{Bidi_Control}/gu), null, text);
  assert(!/^next: {2}rm/m.test(text), text);
  assertStringIncludes(text, shown);
}

/** Those of the command itself. */
const COLOURS = new RegExp("\x1b\\[(?:0|1|2|31|32|33)m", "g");

/** What it shows on a terminal, with colours, which util-linux's `script` makes. */
async function onTerminal(...args: string[]): Promise<string> {
  const command = `env -u NO_COLOR "${Deno.execPath()}" run -A cli/main.ts ${args.map((arg) => `'${arg}'`).join(" ")}`;
  const cwd = fileURLToPath(new URL("../../", import.meta.url));
  const { stdout } = await runProgram({ path: "script", args: ["-qec", command, "/dev/null"], cwd, env: {} });
  return stdout.replaceAll("\r\n", "\n").replaceAll(COLOURS, "");
}

const PROTO = ["--proto", "tests/proto/kinds.proto"];

needs(CLI_PERMISSIONS, "a server's responses do not affect the terminal, and their JSON stays the same", async () => {
  const server = createServer({ name: "kinds", address: "127.0.0.1:0" });
  server.add(Kinds, {
    unary({ text }) {
      if (text === "status") throw new RpcError(Status.NOT_FOUND, EVIL);
      if (text === "biz") throw new BizError(7, EVIL, { key: EVIL });
      return { text: EVIL };
    },
    clientStream: () => ({}),
    async *serverStream() {},
    async *bidi() {},
  });
  await server.start();
  const call = (
    text: string,
  ) => ["call", server.address, "dinokit.test.Kinds/Unary", JSON.stringify({ text }), ...PROTO];
  const [status, verbose, biz, reply, health] = await Promise.all([
    dinokit(call("status")),
    dinokit([...call("status"), "-v"]),
    dinokit(call("biz")),
    dinokit(call("reply")),
    onTerminal(...call("status")),
  ]);
  const coloured = await onTerminal(...call("reply"));
  await server.stop({ force: true });
  for (const { stderr } of [status, verbose, biz]) assertHarmless(stderr);
  assertMatch(biz.stderr, /^error: business error 7: \S.*\n {2}key: \\u001b/);
  assertHarmless(health);
  for (const json of [reply.stdout, coloured]) {
    assertHarmless(json, "\\u001b]0;title\\u0007");
    assertEquals(JSON.parse(json), { text: EVIL });
  }
});

needs(CLI_PERMISSIONS, "a server's descriptions of itself do not affect the terminal", async () => {
  const named = { ...SERVICE, messageType: [...SERVICE.messageType, { name: `M${EVIL}` }] };
  const answers: ((question: Question) => Promise<Answer>)[] = [
    ({ case: kind }) =>
      Promise.resolve(
        kind === "listServices"
          ? services(`a.S${EVIL}`)
          : { case: "errorResponse", value: { errorCode: 5, errorMessage: EVIL } },
      ),
    ({ case: kind }) =>
      Promise.resolve(
        kind === "listServices"
          ? services(`a.S${EVIL}`)
          : { case: "errorResponse", value: { errorCode: 13, errorMessage: EVIL } },
      ),
    async ({ case: kind }) => kind === "listServices" ? services("a.S") : files(await descriptor(named)),
    async ({ case: kind }) =>
      kind === "listServices"
        ? services("a.S")
        : files(await descriptor({ ...SERVICE, dependency: [`${EVIL}.proto`, "a.proto"] })),
  ];
  const said: string[] = [];
  for (const answer of answers) {
    await using server = await evilReflection(async function* (question) {
      yield await answer(question);
    });
    const commands = [["list", server.address], ["list", server.address, "-m"], [
      "describe",
      server.address,
      `a.M${EVIL}`,
    ], ["call", server.address, "a.S/Do", "{"]];
    for (const { stdout, stderr } of await Promise.all(commands.map((args) => dinokit(args)))) {
      const text = stdout + stderr;
      if (/evil/.test(text)) said.push(text);
    }
  }
  assert(said.length >= 8, said.join("\n"));
  for (const text of said) assertHarmless(text, "evil");
});

needs(CLI_PERMISSIONS, "the content of a .proto file does not affect the terminal", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const comment = EVIL.replaceAll(/[\r\n]/g, "");
    const file = `${folder}/a.proto`;
    await Deno.writeTextFile(
      file,
      `syntax = "proto3";\n// ${comment}\nmessage M {\n  // ${comment}\n  string a = 1;\n}\n`,
    );
    const wrong = `${folder}/b.proto`;
    await Deno.writeTextFile(wrong, `syntax = "proto3";\nmessage M { ${comment} string a = 1; import "${comment}" }\n`);
    const [described, json, refused, generated] = await Promise.all([
      dinokit(["describe", "M", "--proto", file]),
      onTerminal("describe", "M", "--proto", file),
      dinokit(["list", "--proto", wrong]),
      dinokit(["gen", wrong]),
    ]);
    assertHarmless(described.stdout, "// \\u001b]0;title");
    assertHarmless(json, "// \\u001b]0;title");
    for (const { stderr } of [refused, generated]) assertHarmless(stderr, "b.proto:2:");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

needs(CLI_PERMISSIONS, "data from Consul does not affect the terminal, and its JSON stays the same", async () => {
  const entry = {
    Node: { Node: EVIL, Address: "127.0.0.1" },
    Service: { Address: EVIL, Port: 1, Tags: [EVIL], Meta: { [EVIL]: EVIL } },
    Checks: [],
  };
  const good = { ...entry, Service: { ...entry.Service, Address: "127.0.0.1" } };
  await using server = fakeConsul((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/catalog/services") return Response.json({ [EVIL]: [], good: [] });
    return pathname.endsWith("/good") ? list(7, entry, good) : new Response(EVIL, { status: 500 });
  });
  await using broken = fakeConsul(({ url }) =>
    url.includes("/catalog/") ? Response.json({ [`a${EVIL}`]: [] }) : new Response(EVIL, { status: 400 })
  );
  const consul = ["--consul", server.address];
  const results = await Promise.all([
    dinokit(["list", "--consul", broken.address]),
    dinokit(["health", "consul:bad", ...consul]),
    dinokit(["call", "consul:bad", "a.B/C", ...consul]),
  ]);
  for (const { stdout, stderr } of results) assertHarmless(stdout + stderr, "\\u001b]0;title");
  assertHarmless(await onTerminal("list", "--consul", broken.address), "\\u001b]0;title");
  const { stdout } = await dinokit(["list", "--consul", broken.address, "--json"]);
  assertHarmless(stdout, "\\u202e");
  assertEquals(JSON.parse(stdout)[0].name, `a${EVIL}`);

  await using watch = startDinokit(["watch", "good", ...consul]);
  const line = await watch.line();
  assertHarmless(line, "127.0.0.1:1 weight=10 \\u001b]0;title");
  await using lines = startDinokit(["watch", "good", "--json", ...consul]);
  const json = await lines.line();
  assertHarmless(json, "\\u202e");
  assertEquals(JSON.parse(json).meta, { [EVIL]: EVIL });
});

needs(CLI_PERMISSIONS, "a repeated flag is rejected if it has a single value", async () => {
  const twice = [
    ["new", "x", "--idl", "a.proto", "--idl", "b.proto"],
    ["new", "x", "--type", "server", "--type", "client"],
    ["call", "a:1", "a.B/C", "--timeout", "1s", "--timeout=2s"],
    ["list", "--consul", "a:1", "--consul", "b:1"],
    ["health", "a:1", "--ca", "a", "--ca", "a"],
    ["gen", "--import", "a", "--import", "b"],
  ];
  for (const args of twice) {
    const { code, stderr } = await dinokit(args);
    assertEquals(code, 2, args.join(" "));
    assertMatch(stderr, /^error: option '--\S+ [^']*' is given twice; give it once\nnext: {2}dinokit \w+ --help\n$/);
  }
  const { code, stderr } = await dinokit(["call", "a:1", "a.B/C", "--persistent", "A=1", "--persistent", "A=2"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "A is given twice; give it once.");
  const { stdout } = await dinokit(["list", "--json", "--json", ...PROTO, "--proto", "tests/proto/pool.proto"]);
  assertEquals(JSON.parse(stdout).length, 2);
});
