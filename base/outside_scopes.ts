import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Runs `load` outside of every async context, so that AsyncLocalStorage holds no values in it. Every dynamic import of
 * the kit must use it: after an `import()` inside a scope, Deno 2.9.6 never leaves that scope, and code that starts
 * later, such as a handler of `Deno.serve`, sees the deadline of a call that ended long ago. The cause is
 * https://github.com/denoland/deno_core/pull/888, which sets the scope for the module and does not reset it. Imports no
 * longer need this when outside_scopes_test.ts passes without it.
 */
export const outsideScopes: <T>(load: () => T) => T = AsyncLocalStorage.snapshot();
