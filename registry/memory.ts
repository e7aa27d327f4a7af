import { parseAddress } from "../base/address.ts";
import type { Instance, Registry, Resolver } from "./registry.ts";

/**
 * Creates a registry inside this process, for tests and demos. It finds the servers that register with it. It needs no
 * permission.
 *
 * @example
 * ```ts
 * import { memoryRegistry } from "../mod.ts";
 *
 * const registry = memoryRegistry();
 * // createServer({ name: "echoservice", registry, ... });
 * // createClient(EchoService, { name: "echoservice", resolver: registry });
 * ```
 */
export function memoryRegistry(): Registry & Resolver {
  const instances = new Map<symbol, { name: string; instance: Instance }>();
  const watches = new Map<() => void, string>();
  const changed = (name: string) => watches.forEach((watched, tell) => watched === name && tell());

  return {
    permissions: [],
    register({ name, address, weight = 10, tags = {}, meta = {} }) {
      parseAddress(address, `memoryRegistry: address of ${JSON.stringify(name)}`);
      const key = Symbol(name);
      const labels = { tags: new Map(Object.entries(tags)), meta: new Map(Object.entries(meta)) };
      instances.set(key, { name, instance: { address, weight, ...labels } });
      changed(name);
      return {
        registered: Promise.resolve(),
        release() {
          if (instances.delete(key)) changed(name);
          return Promise.resolve();
        },
      };
    },
    watch(name, listener) {
      let waiting = false;
      const tell = () => {
        if (waiting) return;
        waiting = true;
        // A listener must not be called before its watch is returned, nor inside a server's register().
        queueMicrotask(() => {
          waiting = false;
          const found = [...instances.values()].filter((entry) => entry.name === name);
          if (watches.has(tell)) listener({ instances: found.map(({ instance }) => instance) });
        });
      };
      watches.set(tell, name);
      tell();
      return { close: () => void watches.delete(tell) };
    },
  };
}
