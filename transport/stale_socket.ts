/**
 * Removes the file of a unix socket whose process was killed: nobody answers there, and nobody else could listen. A
 * socket that is served stays, and so does any other file: who listens there is told.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  try {
    const { isSocket, ino } = await Deno.lstat(path);
    if (!isSocket) return;
    const refused = await Deno.connect({ transport: "unix", path }).then((conn) => conn.close(), isRefused);
    // Another process may have removed it meanwhile, and listen there.
    if (refused && Deno.lstatSync(path).ino === ino) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const isRefused = (error: unknown): boolean => error instanceof Deno.errors.ConnectionRefused;
