import {
  type Instance,
  parseAddress,
  type Registration,
  type Registry,
  type Resolution,
  type Resolver,
} from "../mod.ts";

/** A registry in the test's hand. */
export interface TestRegistry extends Registry, Resolver {
  /**
   * Lists these instances beside those that servers have registered, in place of what it set before.
   *
   * @param name The service's name.
   * @param instances Their addresses, or what a server registers: with `weight`, `tags` and `meta`.
   * @throws {TypeError} If an address is malformed.
   */
  set(name: string, instances: readonly (string | Omit<Registration, "name">)[]): void;
  /** What it lists under a name, also while it does not answer. */
  instances(name: string): readonly Instance[];
  /** It answers nobody from now on: watches hear nothing, and who registers waits. */
  hang(): void;
  /** As {@linkcode TestRegistry.hang}, and every watch is told why. */
  fail(error: Error): void;
  /** It answers again: watches are told what holds, and who waits is registered. */
  recover(): void;
}

/**
 * Makes a registry that lists what the test wants, and fails when the test wants.
 *
 * @example
 * ```ts
 * import { createClient } from "../mod.ts";
 * import { testRegistry } from "./mod.ts";
 * import { EchoService } from "../proto/echo.ts";
 *
 * const registry = testRegistry();
 * registry.set("echo", ["memory:one", { address: "memory:two", weight: 1 }]);
 * await using client = createClient(EchoService, { name: "echo", resolver: registry });
 * registry.fail(new Error("no leader")); // the client keeps what it was told last
 * registry.set("echo", ["memory:two"]); // and hears of this
 * registry.recover(); // now
 * ```
 */
export function testRegistry(): TestRegistry {
  const entries = new Set<{ readonly name: string; readonly instance: Instance; readonly set: boolean }>();
  const watches = new Set<TestWatch>();
  let down: { readonly error?: Error; readonly over: PromiseWithResolvers<void> } | undefined;
  const instances = (name: string) => [...entries].filter((one) => one.name === name).map((one) => one.instance);
  const tell = (watch: TestWatch) => {
    if (watch.waiting) return;
    watch.waiting = true;
    // Not at once: a listener must not be called before its watch is returned, nor inside a server's register().
    queueMicrotask(() => {
      watch.waiting = false;
      if (!watches.has(watch) || down && !down.error) return;
      watch.listener(down?.error ? { error: down.error } : { instances: instances(watch.name) });
    });
  };
  const changed = (name: string) => watches.forEach((watch) => watch.name === name && tell(watch));
  const stop = (error?: Error) => down = { error, over: down?.over ?? Promise.withResolvers() };

  return {
    permissions: [],
    instances,
    set(name, list) {
      const next = list.map((one) => instanceOf(name, typeof one === "string" ? { address: one } : one));
      for (const entry of entries) if (entry.set && entry.name === name) entries.delete(entry);
      for (const instance of next) entries.add({ name, instance, set: true });
      if (!down) changed(name);
    },
    register(registration) {
      const { name } = registration;
      const entry = { name, instance: instanceOf(name, registration), set: false };
      const released = Promise.withResolvers<void>();
      let left = false;
      const enter = () => {
        if (left) return;
        entries.add(entry);
        changed(name);
      };
      if (!down) enter();
      return {
        registered: down ? Promise.race([down.over.promise.then(enter), released.promise]) : Promise.resolve(),
        release() {
          left = true;
          released.resolve();
          if (entries.delete(entry) && !down) changed(name);
          return Promise.resolve();
        },
      };
    },
    watch(name, listener) {
      const watch = { name, listener, waiting: false };
      watches.add(watch);
      tell(watch);
      return { close: () => void watches.delete(watch) };
    },
    hang: () => void stop(),
    fail(error) {
      stop(error);
      watches.forEach(tell);
    },
    recover() {
      down?.over.resolve();
      down = undefined;
      watches.forEach(tell);
    },
  };
}

interface TestWatch {
  readonly name: string;
  readonly listener: (resolution: Resolution) => void;
  /** Whether it is told in this turn. */
  waiting: boolean;
}

function instanceOf(
  name: string,
  { address, weight = 10, tags = {}, meta = {} }: Omit<Registration, "name">,
): Instance {
  parseAddress(address, `testRegistry: address of ${JSON.stringify(name)}`);
  return { address, weight, tags: new Map(Object.entries(tags)), meta: new Map(Object.entries(meta)) };
}
