/**
 * Removes the file of a unix socket whose process was killed; otherwise nobody could listen there again. A socket in
 * use and any other file stay, and listening there then fails with an error.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  try {
    const { isSocket, ino } = await Deno.lstat(path);
    if (!isSocket) return;
    const refused = await Deno.connect({ transport: "unix", path }).then((conn) => conn.close(), isRefused);
    // Another process may have replaced the file meanwhile, and listen there.
    if (refused && Deno.lstatSync(path).ino === ino) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const isRefused = (error: unknown): boolean => error instanceof Deno.errors.ConnectionRefused;
