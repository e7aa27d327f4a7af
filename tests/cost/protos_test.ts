import process from "node:process";
import { assert } from "@std/assert";
import { emitFile } from "../../codegen/emit/emit.ts";
import { loadProto } from "../../codegen/load/load.ts";
import { ProtoProblem } from "../../codegen/problem.ts";

const HEAD = `syntax = "proto3";\n`;
const DESCRIPTOR = `import "google/protobuf/descriptor.proto";\n`;
const repeat = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join("");

/** Files that grow with a number, some with mistakes; the first of them is a.proto. */
const KINDS: [what: string, size: number, files: (n: number) => Record<string, string>][] = [
  ["wide messages", 200, (n) => ({ "a.proto": `${HEAD}message M {${repeat(n, (i) => `int32 a${i} = ${i + 1};`)}}` })],
  ["optional fields", 200, (n) => ({
    "a.proto": `${HEAD}message M {${repeat(n, (i) => `optional int32 a${i} = ${i + 1};`)}}`,
  })],
  ["oneofs", 200, (n) => ({
    "a.proto": `${HEAD}message M {${repeat(n, (i) => `oneof o${i} { int32 a${i} = ${i + 1}; }`)}}`,
  })],
  ["methods", 200, (n) => ({
    "a.proto": `${HEAD}message M {} service S {${repeat(n, (i) => `rpc A${i}(M) returns (M);`)}}`,
  })],
  ["services", 200, (n) => ({
    "a.proto": `${HEAD}message M {} ${repeat(n, (i) => `service S${i} { rpc A(M) returns (M); }`)}`,
  })],
  ["numbers twice", 200, (n) => ({ "a.proto": `${HEAD}message M {${repeat(n, (i) => `int32 a${i} = 1;`)}}` })],
  ["missing types", 200, (n) => ({
    "a.proto": `${HEAD}${repeat(n, (i) => `message M${i} {}`)}message M {${
      repeat(n, (i) => `X${i} a${i} = ${i + 1};`)
    }}`,
  })],
  ["reserved ranges", 200, (n) => ({
    "a.proto": `${HEAD}message M {${repeat(n, (i) => `reserved ${10 * i + 1} to ${10 * i + 5};`)}${
      repeat(n, (i) => `int32 a${i} = ${10 * i + 8};`)
    }}`,
  })],
  ["ranges that overlap", 200, (n) => ({ "a.proto": `${HEAD}message M {${repeat(n, () => "reserved 1 to 5;")}}` })],
  ["reserved names", 200, (n) => ({
    "a.proto": `${HEAD}message M {${repeat(n, (i) => `reserved "r${i}";`)}${
      repeat(n, (i) => `int32 a${i} = ${i + 1};`)
    }}`,
  })],
  ["many values", 200, (n) => ({ "a.proto": `${HEAD}enum E {${repeat(n, (i) => `E_A${i} = ${i};`)}}` })],
  ["long names", 2000, (n) => {
    const name = "N".repeat(n);
    return {
      "a.proto":
        `${HEAD}enum ${name} { ${name}_A = 0; ${name}_B = 1; } message M { ${name} ${name} = 1; ${name}x y = 2; }`,
    };
  }],
  ["blanks in comments", 4000, (n) => ({
    "a.proto": `${HEAD}/*${" ".repeat(n)}x${" ".repeat(n)}*/ message M {} //${" ".repeat(n)}x${"\t".repeat(n)}\n`,
  })],
  ["comments in one line", 1000, (n) => ({ "a.proto": `${HEAD}${"/**/".repeat(n)}message M {${"/**/".repeat(n)}}` })],
  ["many comments", 500, (n) => ({ "a.proto": `${HEAD}${"// c\n".repeat(n)}message M {}` })],
  [
    "long strings",
    4000,
    (n) => ({ "a.proto": `${HEAD}option java_package = "${"\\x41".repeat(n)}" ${'"b" '.repeat(n)};` }),
  ],
  ["long numbers", 4000, (n) => ({ "a.proto": `${HEAD}message M { int32 a = ${"9".repeat(n)}; }` })],
  ["names in many parts", 500, (n) => ({ "a.proto": `${HEAD}message M { a${" . b".repeat(n)} c = 1; }` })],
  ["many options", 200, (n) => ({
    "a.proto": `${HEAD}${DESCRIPTOR}message O {${repeat(n, (i) => `int32 a${i} = ${i + 1};`)}}
      extend google.protobuf.FileOptions { O o = 50000; repeated int32 r = 50001; }
      option (o) = {${repeat(n, (i) => `a${i}: ${i} `)}};${repeat(n, () => "option (r) = 1;")}`,
  })],
  ["options that set parts of a message", 100, (n) => ({
    "a.proto": `${HEAD}${DESCRIPTOR}message O {${repeat(n, (i) => `O a${i} = ${i + 1};`)}}
      extend google.protobuf.FileOptions { O o = 50000; }${repeat(n, (i) => `option (o).a${i}.a0 = {};`)}`,
  })],
  ["many extensions", 100, (n) => ({
    "a.proto": `${HEAD}${DESCRIPTOR}${
      repeat(n, (i) => `extend google.protobuf.FileOptions { int32 e${i} = ${50_000 + i}; }`)
    }`,
  })],
  ["extensions that are declared", 100, (n) => ({
    "a.proto": `syntax = "proto2"; message M { extensions 1 to ${n} [${
      repeat(n, (i) => `${i === 0 ? "" : ","}declaration = { number: ${i + 1}, full_name: ".e${i}", type: "int32" }`)
    }]; } extend M {${repeat(n, (i) => `optional int32 e${i} = ${i + 1};`)}}`,
  })],
  ["many imports", 30, (n) => ({
    "a.proto": HEAD + repeat(n, (i) => `import "b${i}.proto";`) +
      `message M {${repeat(n, (i) => `B${i} b${i} = ${i + 1};`)}}`,
    ...Object.fromEntries(Array.from({ length: n }, (_, i) => [`b${i}.proto`, `${HEAD}message B${i} {}`])),
  })],
  ["diamonds of imports with a mistake", 20, (n) => ({
    ...Object.fromEntries(Array.from({ length: n }, (_, i) => [
      i === 0 ? "a.proto" : `f${i}.proto`,
      `${HEAD}import "f${i + 1}.proto";import "g${i + 1}.proto";`,
    ])),
    ...Object.fromEntries(Array.from({ length: n }, (_, i) => [`g${i + 1}.proto`, `${HEAD}import "f${i + 2}.proto";`])),
    [`f${n}.proto`]: `${HEAD}message M { Nope a = 1; }`,
    [`f${n + 1}.proto`]: `${HEAD}message N { Nope a = 1; }`,
  })],
];

/** Takes a file through all that gen does with it, but for the formatter. */
function work(files: Record<string, string>): void {
  try {
    const loaded = loadProto("a.proto", (name) => files[name]);
    emitFile("a.proto", loaded, { kit: "kit", specifier: (proto) => `./${proto}.ts` });
  } catch (error) {
    if (!(error instanceof ProtoProblem)) throw error;
  }
}

/** The processor time of some runs one after the other, in microseconds: other processes do not count. */
function timeOf(files: Record<string, string>, runs: number): number {
  const start = process.cpuUsage();
  for (let i = 0; i < runs; i++) work(files);
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** How many times as large the larger file is. */
const GROWTH_FACTOR = 8;
/** The time that many small files take, however small they are. */
const LEAST_US = GROWTH_FACTOR * 3000;
/**
 * How many times the time of so many small files the large one may take; work that grows with the square takes 8 times
 * it.
 */
const MAX_RATIO = 2.5;
/** The times of a round are of one moment. A busy machine slows one of them down by chance, but not in each round. */
const MAX_ROUNDS = 10;

for (const [what, size, files] of KINDS) {
  Deno.test(`a .proto takes time in proportion to its bytes: ${what}`, () => {
    const [small, large] = [files(size), files(GROWTH_FACTOR * size)];
    timeOf(small, GROWTH_FACTOR); // compiles it
    const rounds: string[] = [];
    let best = Infinity;
    while (best > MAX_RATIO && rounds.length < MAX_ROUNDS) {
      const [first, second] = [timeOf(small, GROWTH_FACTOR), timeOf(large, 1)];
      best = Math.min(best, second / Math.max(first, LEAST_US));
      rounds.push(
        `${GROWTH_FACTOR} files of size ${size} take ${first} us, one of size ${
          GROWTH_FACTOR * size
        } takes ${second} us`,
      );
    }
    assert(best <= MAX_RATIO, rounds.join("\n"));
  });
}
