/**
 * Where tests keep what takes long to get: programs and packages of other people. Not looked up before it is wanted, as
 * that needs a permission.
 */
const home = () => `${Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME")}/.cache`}/dinokit`;

/**
 * A folder in the cache. It is made first, unless it is there.
 *
 * @param name What its name begins with.
 * @param input All that its content depends on.
 * @param make Fills a new folder.
 * @returns Its path.
 */
export async function cached(name: string, input: string, make: (folder: string) => Promise<void>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(input));
  const cache = home();
  const folder = `${cache}/${name}-${new Uint8Array(digest).toHex().slice(0, 16)}`;
  if (await exists(folder)) return folder;
  // Test files run in several processes: each fills a folder of its own, and the first one done wins.
  await Deno.mkdir(cache, { recursive: true });
  const draft = await Deno.makeTempDir({ dir: cache, prefix: `${name}-draft-` });
  try {
    await make(draft);
    await Deno.rename(draft, folder);
  } catch (error) {
    await Deno.remove(draft, { recursive: true });
    if (!await exists(folder)) throw error;
  }
  return folder;
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
