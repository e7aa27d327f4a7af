import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ProtoGenerator } from "../../cli/generate/generator.ts";
import { pb } from "../../codec/mod.ts";
import { protobuf } from "../../deps.ts";
import type { MessageType } from "../../rpc/service.ts";
import { corpora, type Corpus } from "./corpus.ts";
import { needsPython, runPython } from "./python/run.ts";
import { alike, textOf, valueOf, type Written } from "./python/values.ts";

const COUNT = "8";
const KIT = new URL("../../mod.ts", import.meta.url).href;

/** A message as corpus.py makes it. */
interface Made {
  readonly file: string;
  readonly type: string;
  readonly hex: string;
  readonly value: Written;
  readonly json: never;
}

needsPython(
  "others' .proto files are generated, compile, and their messages agree with Python's protobuf and protobufjs",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "dinokit_corpus_" });
    try {
      const all = await corpora();
      for (const [i, corpus] of all.entries()) await generate(corpus, `${folder}/${i}`);
      await check(folder);
      const counts = { files: 0, types: 0, messages: 0 };
      for (const [i, corpus] of all.entries()) {
        counts.files += corpus.files.length;
        const types = await typesIn(corpus, `${folder}/${i}`);
        counts.types += types.size;
        counts.messages += await compare(corpus, types);
      }
      assert(counts.files > 88 && counts.types > 280 && counts.messages > 2200, JSON.stringify(counts));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

async function generate(corpus: Corpus, out: string): Promise<void> {
  assertEquals(await problems(corpus, corpus.files, out), [], corpus.name);
  for (const file of corpus.rejected) {
    const texts = await problems(corpus, [file], `${out}/rejected`);
    assert(texts.length > 0, `${corpus.name}: ${file} is generated`);
    for (const text of texts) assertMatch(text, /not supported|not expected/, file);
  }
}

/** Generates files, and returns the problems. */
async function problems({ folders }: Corpus, files: readonly string[], out: string): Promise<string[]> {
  const paths = files.map((file) => join(folders.find((folder) => exists(join(folder, file)))!, file));
  const generator = new ProtoGenerator({ files: paths, include: [...folders], out, import: KIT });
  const texts: string[] = [];
  for await (const { kind, text } of generator.run()) if (kind === "problem") texts.push(text);
  return texts;
}

const exists = (path: string) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

async function check(folder: string): Promise<void> {
  const args = ["check", "--quiet", folder];
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), { args: [...args, "--config", config], stdin: "null" });
  const { success, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
}

/** The message types in generated code, by file and name. */
async function typesIn({ files }: Corpus, out: string): Promise<Map<string, MessageType<unknown>>> {
  const types = new Map<string, MessageType<unknown>>();
  for (const file of files) {
    const module = await import(pathToFileURL(join(out, file.replace(/\.proto$/, ".ts"))).href);
    for (const one of Object.values(module)) {
      if (typeof one === "object" && one !== null && "typeName" in one && "encode" in one) {
        types.set(`${file} ${one.typeName}`, one as MessageType<unknown>);
      }
    }
  }
  return types;
}

async function compare(corpus: Corpus, types: ReadonlyMap<string, MessageType<unknown>>): Promise<number> {
  const { folders, files, alone = [] } = corpus;
  const compared = files.filter((one) => !alone.includes(one));
  const text = await runPython("corpus.py", ["make", COUNT, ...folders], compared.join("\n"));
  const made = text.trim().split("\n").map((line) => JSON.parse(line) as Made);
  const roots = new Map(compared.map((file) => [file, reflect(corpus, file)]));
  const known = { types: [pb.Duration] };
  const lines = made.flatMap(({ file, type, hex, value, json }) => {
    const ours = types.get(`${file} ${type}`)!;
    assert(ours, `${file}: no ${type}`);
    const expected = valueOf(value) as object;
    assertEquals(ours.decode(Uint8Array.fromHex(hex)), expected, type);
    assertEquals(ours.decode(throughReflection(roots.get(file)!.lookupType(`.${type}`), hex)), expected, type);
    const written = ours.toJson(expected, known);
    assertEquals(written, alike(written, json), type);
    assertEquals(ours.fromJson(json, known), expected, type);
    const about = { path: [...folders, file], type, theirs: hex };
    return [
      JSON.stringify({ ...about, ours: ours.encode(expected).toHex() }),
      `${JSON.stringify(about).slice(0, -1)},"ours":{"json":${textOf(written)}}}`,
    ];
  });
  await runPython("corpus.py", ["check"], lines.join("\n"));
  return made.length;
}

/** The file as protobufjs itself loads it. */
function reflect({ folders }: Corpus, file: string): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => folders.map((folder) => join(folder, target)).find(exists) ?? target;
  return root.loadSync(file, { keepCase: true });
}

/** Bytes that protobufjs has read and written again. */
function throughReflection(type: protobuf.Type, hex: string): Uint8Array {
  return type.encode(type.decode(Uint8Array.fromHex(hex))).finish();
}
