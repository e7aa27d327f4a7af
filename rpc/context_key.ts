/** A key of {@linkcode ContextValues}, made by {@linkcode contextKey}. */
export interface ContextKey<T> {
  /** The name of the key, for people. Keys of the same name are different keys. */
  readonly name: string;
  /** Tells the compiler the type of the values. It is always undefined. */
  readonly type?: (value: T) => T;
}

/**
 * Creates a key for a value that middleware hands to a handler. Two keys with the same name are different keys, so
 * create each key once, in a module that both sides import.
 *
 * @example
 * ```ts
 * import { contextKey, type ServerMiddleware } from "../mod.ts";
 *
 * export const USER = contextKey<{ id: string }>("user");
 *
 * export const auth: ServerMiddleware = (call, next) => {
 *   call.context.values.set(USER, { id: "7" });
 *   return next(call); // the handler reads context.values.get(USER)?.id
 * };
 * ```
 *
 * @param name The name of the key, for people.
 */
export function contextKey<T>(name: string): ContextKey<T> {
  return Object.freeze({ name });
}

/** The values of one call, by typed keys. Middleware, the handler and the code below it share them. */
export class ContextValues {
  #values: Map<ContextKey<unknown>, unknown> | undefined;

  /** Returns the value of a key; undefined if none was set. */
  get<T>(key: ContextKey<T>): T | undefined {
    return this.#values?.get(key as ContextKey<unknown>) as T | undefined;
  }

  /** Sets the value of a key. It replaces an earlier one. */
  set<T>(key: ContextKey<T>, value: T): void {
    (this.#values ??= new Map()).set(key as ContextKey<unknown>, value);
  }

  /** Whether a value was set for the key. */
  has<T>(key: ContextKey<T>): boolean {
    return this.#values?.has(key as ContextKey<unknown>) ?? false;
  }
}
