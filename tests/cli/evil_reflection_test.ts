import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createServer, type JsonValue, RpcError, Status } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { Kinds } from "../proto/kinds.ts";
import { CLI_PERMISSIONS, dinokit } from "./dinokit.ts";
import { type Answer, descriptor, evilReflection, files, type Question, SERVICE, services } from "./evil_server.ts";

/** A name that is asked for: of a file or of something in one. */
const nameIn = ({ case: kind, value }: Question) => kind === "listServices" ? undefined : String(value);

/** Answers that list `a.S`, and tell of everything else as `tell` says. */
const telling = (tell: (name: string) => JsonValue) =>
  async function* (question: Question): AsyncGenerator<Answer> {
    const name = nameIn(question);
    yield name === undefined ? services("a.S") : files(await descriptor(tell(name)));
  };

const answering = (...answers: Answer[]) =>
  async function* (question: Question): AsyncGenerator<Answer> {
    if (nameIn(question) === undefined) yield services("a.S");
    else yield* answers;
  };

const GOOD = await descriptor(SERVICE);

/** The same in bytes, as deep as one likes. */
function deep(depth: number): Uint8Array {
  let message = Uint8Array.of(0x0a, 1, 0x4d);
  for (let i = 0; i < depth; i++) message = Uint8Array.of(0x0a, 1, 0x4d, 0x1a, ...varint(message.length), ...message);
  return Uint8Array.of(...GOOD, 0x22, ...varint(message.length), ...message);
}

const varint = (value: number): number[] => value < 128 ? [value] : [value & 127 | 128, ...varint(value >> 7)];

/** Messages, each within the one before. */
function nested(depth: number): JsonValue {
  let message: JsonValue = { name: "M" };
  for (let i = 0; i < depth; i++) message = { name: "M", nestedType: [message] };
  return { ...SERVICE, messageType: [message] };
}

const withField = (field: JsonValue) => telling(() => ({ ...SERVICE, messageType: [{ name: "M", field: [field] }] }));

/** What a server can tell, and what is then said of it. */
const CASES: Record<string, [answer: (question: Question) => AsyncIterable<Answer>, said: RegExp]> = {
  "garbage": [
    answering(files(Uint8Array.of(0x0a, 9))),
    /tells of its services what can't be used: these 2 bytes are no/,
  ],
  "a descriptor that is cut off": [
    answering(files(GOOD.subarray(0, -3))),
    /what can't be used: these \d+ bytes are no/,
  ],
  "no descriptor": [answering(files()), /has (no service|nothing called) a\.S/],
  "another file": [telling(() => ({ ...SERVICE, package: "b" })), /has (no service|nothing called) a\.S|can't be used/],
  "no answer": [answering(), /gave 0 answers to 1 questions/],
  "two answers": [answering(files(GOOD), files(GOOD)), /gave more answers to 1 questions/],
  "names where files are asked for": [answering(services("a.S")), /answers with listServicesResponse/],
  "nothing in the answer": [answering(undefined as never), /answers with nothing/],
  "an error of status OK": [
    answering({ case: "errorResponse", value: { errorCode: 0, errorMessage: "x" } }),
    /UNKNOWN: \S+ was asked for a\.S: x/,
  ],
  "an error of no status": [
    answering({ case: "errorResponse", value: { errorCode: 99, errorMessage: "x" } }),
    /UNKNOWN: \S+ was asked for a\.S: x/,
  ],
  "a file that imports itself": [
    telling(() => ({ ...SERVICE, dependency: ["a.proto"] })),
    /the imports form a circle: a\.proto -> a\.proto/,
  ],
  "imports in a circle": [
    telling((name) => ({
      ...SERVICE,
      name: name === "b" ? "b" : "a",
      package: name === "b" ? "b" : "a",
      dependency: [name === "b" ? "a" : "b"],
    })),
    /the imports form a circle: a -> b -> a/,
  ],
  "a circle of 100 files": [
    telling((name) => {
      const number = Number(/^f(\d+)$/.exec(name)?.[1] ?? 0);
      return {
        ...SERVICE,
        name: `f${number}`,
        package: number === 0 ? "a" : `p${number}`,
        dependency: [`f${(number + 1) % 100}`],
      };
    }),
    /the imports form a circle: f0 -> f1 -> f2 -> f3 -> f4 -> \.\.\. -> f0\n/,
  ],
  "a chain of imports without end": [
    telling((name) => {
      const number = Number(/^f(\d+)$/.exec(name)?.[1] ?? 0);
      return { name: `f${number}`, package: `p${number}`, dependency: [`f${number + 1}`] };
    }),
    /tells of more than 10000 files|DEADLINE_EXCEEDED: reflection/,
  ],
  "imports without end": [
    telling((name) => ({ name, dependency: Array.from({ length: 100 }, () => crypto.randomUUID()) })),
    /tells of more than 10000 files|DEADLINE_EXCEEDED: reflection/,
  ],
  "a type that is missing": [
    withField({ name: "x", number: 1, type: "TYPE_MESSAGE", typeName: ".b.B" }),
    /is not complete/,
  ],
  "a field of no type": [withField({ name: "x", number: 1 }), /can't be used|not complete/],
  ...Object.fromEntries(
    [{ name: "Do", inputType: "..", outputType: ".a.M" }, { name: "Do", inputType: ".a.M", outputType: "." }, {
      name: "",
      inputType: ".a.M",
      outputType: ".a.M",
    }].map((method, i) => [
      `a method without a name or a type, ${i}`,
      [
        telling(() => ({ ...SERVICE, service: [{ name: "S", method: [method] }] })),
        /can't be used: a method of the service S has no name, or no type/,
      ],
    ]),
  ),
  "a field whose type has no name": [
    withField({ name: "x", number: 1, type: "TYPE_MESSAGE", typeName: "." }),
    /can't be used: a field of the message M has no name, or no type/,
  ],
  "a field without a name": [withField({ number: 1, type: "TYPE_STRING" }), /can't be used|not complete/],
  "a message within 90 others": [telling(() => nested(90)), /can't be used: .*: max depth exceeded/],
  "a message within 1,000 others": [answering(files(deep(1000))), /can't be used/],
  "a package of 100,000 parts": [
    telling(() => ({ ...SERVICE, package: "a.".repeat(1e5) + "a" })),
    /can't be used|has (no service|nothing called)/,
  ],
  "fields and ranges beyond count": [
    telling(() => ({
      ...SERVICE,
      messageType: [{
        name: "M",
        field: Array.from({ length: 10_000 }, (_, i) => ({ name: `f${i}`, number: i + 1, type: "TYPE_STRING" })),
        reservedRange: Array.from({ length: 10_000 }, (_, i) => ({ start: 20_000 + i, end: 20_001 + i })),
      }],
    })),
    /too many fields and reserved ranges/,
  ],
};

for (const [what, [answer, said]] of Object.entries(CASES)) {
  needs(CLI_PERMISSIONS, `dinokit reports an error in a server's reflection: ${what}`, async () => {
    await using server = await evilReflection(answer);
    const commands = [["call", server.address, "a.S/Do"], ["describe", server.address, "a.S"], [
      "list",
      server.address,
      "-m",
    ]];
    const outcomes = await Promise.all(commands.map((args) => dinokit(args)));
    for (const [i, { code, stderr }] of outcomes.entries()) {
      assertMatch(stderr, said, commands[i]!.join(" "));
      assert(code > 0 && code !== 2, `${code}`);
      assert(!/^ +at /m.test(stderr) && stderr.length < 3000, stderr);
    }
  });
}

needs(CLI_PERMISSIONS, "dinokit reads a chain of 1,000 imports, and messages 30 deep", async () => {
  const chain = telling((name) => {
    const number = Number(/^f(\d+)$/.exec(name)?.[1] ?? 0);
    const dependency = number < 999 ? [`f${number + 1}`] : [];
    return number === 0
      ? { ...SERVICE, name: "f0", dependency }
      : { name: `f${number}`, package: `p${number}`, dependency };
  });
  for (const answer of [chain, telling(() => nested(30))]) {
    await using server = await evilReflection(answer);
    const { stdout, stderr } = await dinokit(["describe", server.address, "a.S", "--timeout", "25s"]);
    assertEquals([stderr, stdout], ["", "service S {\n  rpc Do(a.M) returns (a.M);\n}\n"]);
  }
});

needs(CLI_PERMISSIONS, "--timeout bounds all questions of a command together, and the call with them", async () => {
  const never = async function* (): AsyncGenerator<Answer> {
    await new Promise(() => {});
    yield services();
  };
  const slow = async function* (question: Question): AsyncGenerator<Answer> {
    await new Promise((done) => setTimeout(done, 50));
    yield* telling((name) => ({ name, package: name, dependency: [`${name}x`] }))(question);
  };
  for (const answer of [slow, never]) {
    await using server = await evilReflection(answer);
    const start = performance.now();
    const commands = [["call", server.address, "a.S/Do"], ["describe", server.address, "a.S"], [
      "list",
      server.address,
      "-m",
    ]];
    const outcomes = await Promise.all(commands.map((args) => dinokit([...args, "--timeout", "700ms"])));
    for (const { code, stderr } of outcomes) {
      assertEquals(code, 68);
      assertMatch(
        stderr,
        /^error: DEADLINE_EXCEEDED: reflection: .*\nnext: {2}give it more time with --timeout, or the same with --proto/,
      );
    }
    assert(performance.now() - start < 25_000);
  }
});

needs(
  CLI_PERMISSIONS,
  "-H applies to reflection and health, and an error of reflection is marked as such",
  async () => {
    const server = createServer({ name: "kinds", address: "127.0.0.1:0", reflection: true });
    server.add(Kinds, kindsHandlers());
    server.use((call, next) => {
      if (call.context.metadata.get("authorization") === "Bearer T") return next(call);
      throw new RpcError(Status.UNAUTHENTICATED, "who are you?");
    });
    await server.start();
    const { address } = server;
    const commands = [["list", address], ["describe", address], ["health", address], [
      "call",
      address,
      "grpc.health.v1.Health/Check",
    ]];
    const without = await Promise.all(commands.map((args) => dinokit(args)));
    const withToken = await Promise.all(commands.map((args) => dinokit([...args, "-H", "authorization: Bearer T"])));
    await server.stop({ force: true });
    assertEquals(without.map(({ code }) => code), [80, 80, 80, 80]);
    for (const i of [0, 1, 3]) {
      assertStringIncludes(
        without[i]!.stderr,
        "error: UNAUTHENTICATED: reflection: who are you?\nnext:  give credentials with -H 'authorization: Bearer TOKEN', or the same with --proto FILE.proto",
      );
    }
    assertEquals(without[2]!.stdout, "UNAUTHENTICATED: who are you?\n");
    assertEquals(withToken.map(({ code, stderr }) => [code, stderr]), Array(4).fill([0, ""]));
  },
);
