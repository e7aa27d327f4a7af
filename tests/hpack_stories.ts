/**
 * The stories of http2jp/hpack-test-case: what nghttp2 and Haskell's http2 made of real requests, some with table sizes
 * that change in between. They lie outside of the repository, in `../shared/data/hpack`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { needs } from "./needs.ts";

/** The header blocks of one connection, in their order. */
export type Story = { readonly block: Uint8Array; readonly fields: readonly string[] }[];

/** The sets of stories, and how many each has. */
export const STORIES = { "nghttp2": 32, "nghttp2-change-table-size": 31, "haskell-http2-linear-huffman": 5 } as const;

const FOLDER = new URL("../../shared/data/hpack/", import.meta.url);
const MAY_READ: Deno.PermissionDescriptor = { name: "read", path: FOLDER };

/**
 * Registers a test that reads stories. Where there are none it is shown as ignored, and its name says why.
 *
 * @param permissions What it needs beside.
 */
export function withStories(
  name: string,
  fn: () => Promise<void>,
  permissions: Deno.PermissionDescriptor[] = [],
): void {
  if (Deno.permissions.querySync(MAY_READ).state === "granted" && !isFolder(FOLDER)) {
    return Deno.test({ name: `${name} (ignored: there is no ${fileURLToPath(FOLDER)})`, ignore: true, fn });
  }
  needs([MAY_READ, ...permissions], name, fn);
}

function isFolder(place: URL): boolean {
  try {
    return Deno.statSync(place).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Reads a set of stories. */
export async function readStories(set: keyof typeof STORIES): Promise<Story[]> {
  const files = (await Array.fromAsync(Deno.readDir(new URL(`${set}/`, FOLDER)))).map(({ name }) => name).sort();
  return await Promise.all(files.map(async (file) => {
    const { cases } = JSON.parse(await Deno.readTextFile(new URL(`${set}/${file}`, FOLDER))) as {
      cases: { wire: string; headers: Record<string, string>[] }[];
    };
    return cases.map(({ wire, headers }) => ({
      block: Uint8Array.fromHex(wire),
      fields: headers.flatMap((header) => Object.entries(header)[0]!),
    }));
  }));
}
