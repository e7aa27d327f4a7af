import {
  type Instance,
  parseAddress,
  type Registration,
  type Registry,
  type Resolution,
  type Resolver,
} from "../mod.ts";

/** A registry that the test controls. */
export interface TestRegistry extends Registry, Resolver {
  /**
   * Sets the instances of a service, in addition to those that servers have registered. Replaces what an earlier call
   * has set.
   *
   * @param name The service's name.
   * @param instances The instances: addresses, or objects with `address`, `weight`, `tags` and `meta`.
   * @throws {TypeError} If an address is malformed.
   */
  set(name: string, instances: readonly (string | Omit<Registration, "name">)[]): void;
  /** Returns the instances of a service, even while the registry does not respond. */
  instances(name: string): readonly Instance[];
  /** Stops responding: watches get no updates, and registrations stay pending. */
  hang(): void;
  /** Stops responding, like {@linkcode TestRegistry.hang}, and reports this error to every watch. */
  fail(error: Error): void;
  /** Responds again: watches get the current instances, and pending registrations complete. */
  recover(): void;
}

/**
 * Creates a registry whose instances and failures the test controls.
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
 * registry.fail(new Error("no leader")); // the client keeps the instances that it knows
 * registry.set("echo", ["memory:two"]); // not visible to the client yet
 * registry.recover(); // the client sees the change
 * ```
 */
export function testRegistry(): TestRegistry {
  const entries = new Set<{ readonly name: string; readonly instance: Instance; readonly set: boolean }>();
  const watches = new Set<TestWatch>();
  let down: { readonly error?: Error; readonly over: PromiseWithResolvers<void> } | undefined;
  const instances = (name: string) =>
    [...entries].filter((entry) => entry.name === name).map((entry) => entry.instance);
  const tell = (watch: TestWatch) => {
    if (watch.waiting) return;
    watch.waiting = true;
    // Deferred: a listener must not be called before watch() has returned, nor inside a server's register().
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
      const next = list.map((instance) =>
        instanceOf(name, typeof instance === "string" ? { address: instance } : instance)
      );
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
  /** Whether an update is scheduled. */
  waiting: boolean;
}

function instanceOf(
  name: string,
  { address, weight = 10, tags = {}, meta = {} }: Omit<Registration, "name">,
): Instance {
  parseAddress(address, `testRegistry: address of ${JSON.stringify(name)}`);
  return { address, weight, tags: new Map(Object.entries(tags)), meta: new Map(Object.entries(meta)) };
}
