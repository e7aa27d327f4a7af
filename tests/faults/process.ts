/** How much time of the processors a process has had, in seconds: Linux counts it in hundredths. */
export function processorSeconds(pid: number): number {
  // The name, in brackets, may hold anything; utime and stime are the 14th and 15th field.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How many sockets a process has open. */
export function sockets(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/${pid}/fd/${name}`).startsWith("socket:");
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}
