/** The version of the kit, as in deno.json. */
export const VERSION: string = "0.1.0";
