import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BadRequest, RetryInfo } from "../../errors/mod.ts";
import { createServer, errorDetail, RpcError, Status } from "../../mod.ts";
import { kindsHandlers, type Seen } from "../kinds.ts";
import { needs } from "../needs.ts";
import { until } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS, dinokit, firstLine, startDinokit } from "./dinokit.ts";

const PROTO = ["--proto", "tests/proto/kinds.proto"];

/** A server of all kinds of call, and the command line that calls it. */
async function server(seen: Seen[] = []) {
  const server = createServer({ name: "kinds", address: "127.0.0.1:0" });
  server.add(Kinds, kindsHandlers(seen));
  await server.start();
  const { address } = server;
  const call = (
    method: string,
    ...rest: string[]
  ) => ["call", address, `dinokit.test.Kinds/${method}`, ...PROTO, ...rest];
  return { address, call, [Symbol.asyncDispose]: () => server.stop({ force: true }) };
}

needs(CLI_PERMISSIONS, "dinokit call calls methods of all four kinds", async () => {
  await using peer = await server();
  const stream = `{"text":"a"}\n{"text":"b"} {"text":\n"c"}`;
  const [unary, empty, client, many, bidi] = await Promise.all([
    dinokit(peer.call("Unary", '{"text":"hi","data":"AQI="}')),
    dinokit(peer.call("Unary")),
    dinokit(peer.call("ClientStream", "-"), { stdin: stream }),
    dinokit(peer.call("ServerStream", '{"text":"x","count":2}', "--emit-defaults")),
    dinokit(peer.call("Bidi", '{"count":1}', '{"count":2}')),
  ]);
  assertEquals(unary, { code: 0, stdout: '{"text":"hi","data":"AQI="}\n', stderr: "" });
  assertEquals(empty, { code: 0, stdout: "{}\n", stderr: "" });
  assertEquals(client, { code: 0, stdout: '{"text":"a,b,c","count":3}\n', stderr: "" });
  assertEquals(many, {
    code: 0,
    stdout: '{"text":"x","count":0,"data":""}\n{"text":"x","count":1,"data":""}\n',
    stderr: "",
  });
  assertEquals(bidi, { code: 0, stdout: '{"count":1}\n{"count":2}\n', stderr: "" });
});

needs(
  CLI_PERMISSIONS,
  "dinokit call ends silently if its output is closed, as with | head",
  async () => {
    await using peer = createServer({ name: "kinds", address: "127.0.0.1:0", reflection: true })
      .add(Kinds, kindsHandlers());
    await peer.start();
    const words = ["dinokit.test.Kinds/ServerStream", '{"text":"x","count":100000}'];
    for (const proto of [[], PROTO]) {
      const outcome = await firstLine(["call", peer.address, ...words, ...proto]);
      assertEquals(outcome, { code: 1, stdout: '{"text":"x"}', stderr: "" });
    }
  },
);

needs(CLI_PERMISSIONS, "dinokit call sends requests as they come, and Ctrl-C cancels the call", async () => {
  const seen: Seen[] = [];
  await using peer = await server(seen);
  await using call = startDinokit(peer.call("Bidi", "-"));
  for (const count of [1, 2]) {
    await call.tell(`{"count":${count}}`);
    assertEquals(await call.line(), `{"count":${count}}`);
  }
  assertEquals(await call.interrupt(), 65);
  assertStringIncludes(String(await seen[0]!.aborted), "CANCELLED");
});

needs(CLI_PERMISSIONS, "Ctrl-C ends dinokit call while it waits for its one request", async () => {
  await using peer = await server();
  await using call = startDinokit(peer.call("Unary", "--verbose", "-"));
  await call.tell('{"text":');
  await call.catches();
  assertEquals(await call.interrupt(), 65);
});

needs(
  CLI_PERMISSIONS,
  "without an answer, Ctrl-C ends each command, and --timeout each command that has the flag",
  async () => {
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const conns: Deno.Conn[] = [];
    const accepting = (async () => {
      for await (const conn of silent) conns.push(conn);
    })();
    const address = `127.0.0.1:${(silent.addr as Deno.NetAddr).port}`;
    const call = ["call", address, "dinokit.test.Kinds/Unary"];
    const inConsul = ["health", "consul:kinds", "--consul", address];
    const [called, asked] = await Promise.all([
      dinokit([...call, "--timeout", "300ms"]),
      dinokit([...inConsul, "--timeout", "300ms"]),
    ]);
    assertEquals([called.code, asked.code], [68, 68]);
    assertStringIncludes(called.stderr, "DEADLINE_EXCEEDED");
    assertMatch(asked.stderr, /does not answer within 300 ms\nnext: {2}say where Consul is/);
    const asking = [["list", address], ["describe", address, "a.B"], ["list", "--consul", address]];
    for (const args of [[...call, "--timeout", "1m"], [...inConsul, "--timeout", "1m"], ...asking]) {
      const before = conns.length;
      await using running = startDinokit(args);
      // Deno catches SIGINT before the program does, which asks only after that.
      await until(() => conns.length > before, "it asks");
      await running.catches();
      assertEquals(await running.interrupt(), 65, args.join(" "));
    }
    silent.close();
    await accepting;
    for (const conn of conns) conn.close();
  },
);

needs(CLI_PERMISSIONS, "dinokit call exits with 64 plus the status, and suggests a remedy", async () => {
  await using peer = await server();
  const [notFound, biz, late, nobody] = await Promise.all([
    dinokit(peer.call("Unary", '{"text":"fail:5:no user"}', "-v")),
    dinokit(peer.call("Unary", '{"text":"biz:42:sold out"}')),
    dinokit(peer.call("Unary", '{"text":"hang"}', "--timeout", "200ms")),
    dinokit(["call", "127.0.0.1:1", "dinokit.test.Kinds/Unary"]),
  ]);
  assertEquals([notFound.code, biz.code, late.code, nobody.code], [69, 1, 68, 78]);
  assertStringIncludes(notFound.stderr, 'error: NOT_FOUND: no user\n  detail: dinokit.test.Msg {"text":"no user"}\n');
  assertEquals(notFound.stderr.match(/detail: /g)?.length, 1);
  assertStringIncludes(biz.stderr, "error: business error 42: sold out\n  who: kinds\n  wo: 北京\n");
  assertStringIncludes(late.stderr, "next:  give it more time with --timeout");
  assertEquals(
    nobody.stderr,
    "error: UNAVAILABLE: no connection: can't connect to 127.0.0.1:1: Connection refused (os error 111)\n" +
      "next:  start the server, or give the address where it listens\n",
  );
});

needs(
  CLI_PERMISSIONS,
  "dinokit call prints the details of an error as JSON, and those of unknown types by size",
  async () => {
    const details = [
      errorDetail(BadRequest, { fieldViolations: [{ field: "quantity", description: "must be at least 1" }] }),
      errorDetail(RetryInfo, { retryDelay: { seconds: 1n, nanos: 500_000_000 } }),
      { type: "shop.Unknown", value: new Uint8Array(3) },
      { type: "google.rpc.Help", value: new Uint8Array([255]) },
    ];
    const fails = () => {
      throw new RpcError(Status.INVALID_ARGUMENT, "the order is invalid", { details });
    };
    await using peer = createServer({ name: "kinds", address: "127.0.0.1:0", reflection: true });
    await peer.add(Kinds, { ...kindsHandlers(), unary: fails }).start();
    for (const proto of [[], PROTO]) {
      const { code, stderr } = await dinokit(["call", peer.address, "dinokit.test.Kinds/Unary", ...proto]);
      assertEquals([code, stderr.split("\n").slice(0, 5)], [67, [
        "error: INVALID_ARGUMENT: the order is invalid",
        '  detail: google.rpc.BadRequest {"fieldViolations":[{"field":"quantity","description":"must be at least 1"}]}',
        '  detail: google.rpc.RetryInfo {"retryDelay":"1.500s"}',
        "  detail: shop.Unknown, 3 bytes",
        "  detail: google.rpc.Help, 1 bytes",
      ]]);
    }
  },
);

needs(CLI_PERMISSIONS, "dinokit call prints the messages that a stream delivered before it failed", async () => {
  await using peer = await server();
  const { code, stdout } = await dinokit(peer.call("ServerStream", '{"text":"fail:8:enough","count":2}'));
  assertEquals([code, stdout.split("\n").length], [72, 3]);
});

needs(
  CLI_PERMISSIONS,
  "dinokit call sends metadata and metainfo, and -v shows the metadata of the response",
  async () => {
    await using peer = await server();
    const flags = [
      "-H",
      "x-echo: a: b",
      "-H",
      "x-echo-bin: AQI=",
      "-H",
      "x-trail: t",
      "--persistent",
      "BACK=yes",
      "-v",
    ];
    const { code, stdout, stderr } = await dinokit(peer.call("Unary", ...flags));
    assertEquals([code, stdout], [0, "{}\n"]);
    const parts = [
      "header",
      "x-echo: a: b",
      "x-echo-bin: AQI=",
      "trailer",
      "x-trail: t",
      "backward",
      "BACK: yes",
      "status",
    ];
    for (const part of parts) assertStringIncludes(stderr, part);
    assertMatch(stderr, /status \(\d+\.\d ms\)\n {2}OK/);
  },
);

needs(CLI_PERMISSIONS, "dinokit call exits with 2 for invalid arguments, and suggests a correction", async () => {
  await using peer = await server();
  const cases: [args: string[], part: string, next: string][] = [
    [["cal"], "(Did you mean call?)", "next:  dinokit --help"],
    [["help", "cal"], "unknown command 'cal'", "next:  dinokit --help"],
    [peer.call("Unary", "--timout", "1s"), "(Did you mean --timeout?)", "next:  dinokit call --help"],
    [peer.call("Unary", "--timeout", "soon"), "use a time such as 500ms", "next:  dinokit call --help"],
    [peer.call("Unary", "--timeout", "5"), "use a time such as 500ms", "next:  dinokit call --help"],
    [peer.call("Unary", "--consul", "http://127.0.0.1:8500"), "use the host and port", "next:  dinokit call --help"],
    [peer.call("Unary", "-H", "novalue"), "use 'key: value'", "next:  dinokit call --help"],
    [peer.call("Unary", "--persistent", "A="), "", "next:  dinokit call --help"],
    [["call", "127.0.0.1", "a.B/C"], "has no port", ""],
    [["call", "echoservice", "a.B/C"], "echoservice has no port", "next:  give its port, or consul:echoservice for"],
    [["call", "http://127.0.0.1:1", "a.B/C"], "is a URL", "next:  leave out http://: 127.0.0.1:1\n"],
    [["health", "https://127.0.0.1:1"], "is a URL", "next:  leave out https://: 127.0.0.1:1 --tls\n"],
    [["list", "--methods", "--consul"], "Consul knows no methods", "next:  dinokit list consul:NAME --methods"],
    [[], "Usage: dinokit", "Exit codes: 0 success"],
    [["call", "consul:a b", "a.B/C"], "names no service in Consul", "next:  dinokit list --consul"],
    [peer.call("Unary", "{", "-I", "tests/proto"), "the argument is no JSON", "next:  write it like"],
    [peer.call("Unary", "{}", "{}"), "takes one request, and 2 came", "next:"],
    [
      peer.call("Unary", '{"txt":""}'),
      'did you mean "text"?',
      `next:  dinokit describe ${PROTO.join(" ")} dinokit.test.Msg`,
    ],
    [peer.call("Bidi", "{}", '{"txt":""}'), 'did you mean "text"?', `next:  dinokit describe ${PROTO.join(" ")}`],
    [peer.call("Unary", "-I", "nofolder"), "-I nofolder: no such folder", ""],
    [peer.call("Unary", "--proto", "no.proto"), "--proto no.proto: no such file; -I DIR adds", ""],
    [["list", "--proto", "no.proto", "-I", "tests"], "--proto no.proto: no such file, nor in tests\n", ""],
    [peer.call("Unary", "@nowhere.json"), "there is no file nowhere.json", ""],
    [peer.call("Unary", "--ca", "nowhere.pem"), "--ca: there is no file nowhere.pem", ""],
  ];
  for (const [args, part, next] of cases) {
    const { code, stderr } = await dinokit(args);
    assertEquals(code, 2, `${args.join(" ")}: ${stderr}`);
    assertStringIncludes(stderr, part);
    assertStringIncludes(stderr, next);
  }
});

needs(CLI_PERMISSIONS, "dinokit reports errors of the operating system in one line", async () => {
  await using peer = await server();
  for (const args of [["@tests"], ["--ca", "tests"], ["--proto", "tests"]]) {
    const { code, stderr } = await dinokit(peer.call("Unary", ...args));
    assertEquals([code, stderr], [1, "error: tests: Is a directory\n"]);
  }
});

needs(CLI_PERMISSIONS, "dinokit call without JSON sends an empty request, for any request type", async () => {
  await using peer = await server();
  const proto = await Deno.makeTempFile({ suffix: ".proto" });
  try {
    await Deno.writeTextFile(
      proto,
      'syntax = "proto3";\npackage dinokit.test;\nimport "google/protobuf/timestamp.proto";\n' +
        "service Kinds {\n  rpc Unary(google.protobuf.Timestamp) returns (google.protobuf.Timestamp);\n}\n",
    );
    const reply = await dinokit(["call", peer.address, "dinokit.test.Kinds/Unary", "--proto", proto]);
    assertEquals(reply, { code: 0, stdout: '"1970-01-01T00:00:00Z"\n', stderr: "" });
  } finally {
    await Deno.remove(proto);
  }
});

needs(
  CLI_PERMISSIONS,
  "dinokit call names the nearest method, and reports a missing source for the .proto",
  async () => {
    await using peer = await server();
    const { code, stderr } = await dinokit(peer.call("Unry"));
    assertEquals(code, 1);
    assertStringIncludes(stderr, 'did you mean "dinokit.test.Kinds/Unary"?');
    assertStringIncludes(stderr, `next:  dinokit list ${PROTO.join(" ")} --methods`);
  },
);

needs(CLI_PERMISSIONS, "dinokit call needs only the permissions that its help lists", async () => {
  await using peer = await server();
  const flags = [`--allow-net=${peer.address}`, "--allow-read=tests/proto"];
  assertEquals((await dinokit(peer.call("Unary"), { flags })).code, 0);
  const { code, stderr } = await dinokit(peer.call("Unary"), { flags: ["--allow-read=tests/proto"] });
  assertEquals(code, 1);
  assertStringIncludes(stderr, `--allow-net=${peer.address}`);
});

needs(CLI_PERMISSIONS, "dinokit call rejects invalid UTF-8, in a file and on stdin", async () => {
  await using peer = await server();
  const path = await Deno.makeTempFile();
  const bytes = new Uint8Array([...new TextEncoder().encode('{"text":"'), 0xff, ...new TextEncoder().encode('"}')]);
  try {
    await Deno.writeFile(path, bytes);
    const file = await dinokit(peer.call("Unary", `@${path}`));
    assertEquals(file.code, 2);
    assertStringIncludes(file.stderr, `error: ${path} is no UTF-8`);
    const stdin = await dinokit(peer.call("Bidi", "-"), { stdin: bytes });
    assertEquals(stdin.code, 2);
    assertStringIncludes(stdin.stderr, "error: stdin is no UTF-8");
  } finally {
    await Deno.remove(path);
  }
});

needs(
  CLI_PERMISSIONS,
  "dinokit call sends and takes messages over the 4 MiB that servers have as their limit",
  async () => {
    const limits = { receiveMessageBytes: 1e8, sendMessageBytes: 1e8 };
    await using server = createServer({ name: "kinds", address: "127.0.0.1:0", limits, drainTimeout: 0 });
    server.add(Kinds, kindsHandlers());
    await server.start();
    const json = `{"data":"${new Uint8Array(5_000_000).fill(1).toBase64()}"}`;
    const { code, stdout } = await dinokit(["call", server.address, "dinokit.test.Kinds/Unary", "-", ...PROTO], {
      stdin: json,
    });
    assertEquals([code, stdout === `${json}\n`], [0, true]);
  },
);
