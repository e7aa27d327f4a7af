import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs `load` outside of every scope of AsyncLocalStorage, whoever calls. All that imports a module while the program
 * runs goes through here: after an `import()` inside a scope Deno 2.9.6 stays in it, and what begins later, such as a
 * handler of `Deno.serve`, has the deadline of a call that is long over. See
 * https://github.com/denoland/deno_core/pull/888, which sets the scope for the module and does not take it back; this
 * can go when a Deno does, and outside_scopes_test.ts passes without it.
 */
export const outsideScopes: <T>(load: () => T) => T = AsyncLocalStorage.snapshot();
