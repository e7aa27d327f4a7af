/** The version of the kit: that of deno.json. */
export const VERSION: string = "0.1.0";
