/** Whether the long forms run: `deno task faults`. */
export const LONG: boolean = Deno.permissions.querySync({ name: "env", variable: "FAULTS_LONG" }).state === "granted" &&
  Deno.env.get("FAULTS_LONG") === "1";

/**
 * Notes what a test measured, for docs/reliability.md: `deno task faults` prints the notes as they come.
 *
 * @param fault The row of the table.
 * @param text The figures.
 */
export function figure(fault: string, text: string): void {
  if (LONG) console.log(`FIGURE | ${fault} | ${text} |`);
}
