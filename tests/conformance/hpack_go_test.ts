/**
 * Our HPACK against golang.org/x/net's, both ways.
 */

import { assert, assertEquals } from "@std/assert";
import { HpackDecoder } from "../../transport/http2/hpack/decoder.ts";
import { HpackEncoder } from "../../transport/http2/hpack/encoder.ts";
import { HpackError } from "../../transport/http2/hpack/error.ts";
import { readStories, type Story, withStories } from "../hpack_stories.ts";
import { buildPeers, PEER_PERMISSIONS } from "../interop/peers.ts";
import { needs } from "../needs.ts";
import { mutate, type Random, seeded } from "../random.ts";

/** A step of a connection, or what the Go program made of one. See `tests/interop/go/hpack`. */
interface Step {
  tableBytes?: number;
  block?: Uint8Array | null;
  fields?: readonly string[] | null;
  error?: string;
}

const latin1 = (octets: Uint8Array) => Array.from(octets, (octet) => String.fromCharCode(octet)).join("");

/** Has the Go program go through connections. In JSON its octets are base64. */
async function askGo(connections: Step[][]): Promise<Step[][]> {
  const input = JSON.stringify(connections.map((steps) =>
    steps.map(({ tableBytes, block, fields }) => ({
      tableBytes,
      block: block?.toBase64(),
      fields: fields?.map((text) => btoa(text)),
    }))
  ));
  const child = new Deno.Command(`${await buildPeers()}/hpack`, {
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const writing = ReadableStream.from([new TextEncoder().encode(input)]).pipeTo(child.stdin)
    .catch(() => {}); // it ends early on an error, and says why
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), writing]);
  assert(success, new TextDecoder().decode(stderr));
  const output = JSON.parse(new TextDecoder().decode(stdout)) as {
    block: string | null;
    fields: string[] | null;
    error?: string;
  }[][];
  return output.map((steps) =>
    steps.map(({ block, fields, error }) => ({
      error,
      block: block === null ? null : Uint8Array.fromBase64(block),
      fields: fields && fields.map((text) => latin1(Uint8Array.fromBase64(text))),
    }))
  );
}

/** Has both programs encode connections, whose steps are fields, and decode what the other has made. */
async function compare(connections: Step[][]): Promise<void> {
  const ours = connections.map((steps) => {
    const encoder = new HpackEncoder(65536);
    return steps.map(({ tableBytes, fields }) => {
      if (tableBytes !== undefined) encoder.setPeerTableBytes(tableBytes);
      const buf = new Uint8Array(encoder.bound(fields!));
      return { tableBytes, block: buf.subarray(0, encoder.encode(fields!, buf, 0)) };
    });
  });
  const [decoded, encoded] = [await askGo(ours), await askGo(connections)];
  connections.forEach((steps, i) => {
    const decoder = new HpackDecoder({ maxTableBytes: 65536, maxListBytes: 1 << 20, maxFields: 1000 });
    steps.forEach(({ fields }, j) => {
      assertEquals(decoded[i]![j]?.fields ?? [], fields, decoded[i]![j]?.error ?? `our block ${j} of connection ${i}`);
      const block = encoded[i]![j]!.block ?? new Uint8Array();
      assertEquals(decoder.decode(block, 0, block.length), fields, `Go's block ${j} of connection ${i}`);
    });
  });
}

/** Fields of all octets, few of which come again. */
function randomSteps(seed: number): Step[] {
  const random = seeded(seed);
  const names = [":path", "content-type", "grpc-timeout", "grpc-message", "authorization", "x-tag", "x-bin", ""];
  return Array.from({ length: 200 }, () => ({
    tableBytes: random(15) === 0 ? [0, 50, 500, 4096, 65536][random(5)] : undefined,
    fields: Array.from({ length: 1 + random(6) }, () => {
      const length = random(30) === 0 ? random(5000) : random(15);
      const kinds = random(2) === 0 ? 2 : 256;
      return [
        names[random(names.length)]!,
        latin1(Uint8Array.from({ length }, () => 0x30 + random(kinds))),
      ];
    }).flat(),
  }));
}

needs(
  PEER_PERMISSIONS,
  "HPACK: Go and we read each other's blocks of random fields, while table sizes change",
  async () => {
    await compare(Array.from({ length: 20 }, (_, seed) => randomSteps(seed)));
  },
);

withStories("HPACK: Go and we read each other's blocks of the stories' fields", async () => {
  const stories = await readStories("nghttp2");
  await compare(stories.map((story) => story.slice(0, 100).map(({ fields }) => ({ fields }))));
}, PEER_PERMISSIONS);

/** The fields of each block, up to the first that can't be decoded: its error. */
function decodeAll(blocks: readonly Uint8Array[]): (readonly string[] | HpackError)[] {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 1 << 20, maxFields: 1000 });
  const results: (readonly string[] | HpackError)[] = [];
  for (const block of blocks) {
    try {
      results.push(decoder.decode(block, 0, block.length));
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      return [...results, error];
    }
  }
  return results;
}

/** The first blocks of stories, the last one mutated. */
function mutated(stories: readonly Story[], count: number, random: Random): Uint8Array[][] {
  return Array.from({ length: count }, () => {
    const story = stories[random(stories.length)]!;
    const blocks = story.slice(0, 1 + random(3)).map(({ block }) => block);
    return [...blocks.slice(0, -1), mutate(blocks.at(-1)!, random)];
  });
}

withStories("HPACK: Go and we make the same of mutated blocks, fields or an error", async () => {
  const stories = [...await readStories("nghttp2"), ...await readStories("nghttp2-change-table-size")];
  const connections = mutated(stories, 5000, seeded(1));
  const theirs = await askGo(connections.map((blocks) => blocks.map((block) => ({ block }))));
  let refused = 0;
  connections.forEach((blocks, i) => {
    decodeAll(blocks).forEach((result, j) => {
      const { fields, error } = theirs[i]![j]!;
      const shown = `block ${j} of ${blocks.map((block) => block.toHex())}: ${result}, in Go: ${error ?? fields}`;
      if (!(result instanceof HpackError)) return assertEquals([fields ?? [], error], [result, undefined], shown);
      refused++;
      // Go lets a size update stand anywhere while its table is empty; RFC 7541, 4.2, does not.
      if (!result.message.includes("after a field")) assert(error, shown);
    });
  });
  assert(refused > 1000, `only ${refused} were refused: the mutations show little`);
}, PEER_PERMISSIONS);
