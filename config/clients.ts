import { nearest } from "../base/did_you_mean.ts";
import type { Config } from "./config.ts";

/** How many letters of a misspelt service may be wrong: with more, `user-service` would stand for `order-service`. */
const MAX_WRONG_LETTERS = 2;

/**
 * Warns when a program asks for the policy of a service that the file has under a similar name only. The names of
 * services are free, so that nothing else tells a misspelt one from another service.
 *
 * @param clients `config.dinokit.clients`.
 * @param file Where it comes from.
 */
export function withNearMisses(
  clients: NonNullable<Config["dinokit"]["clients"]>,
  file: string,
  warn: (message: string) => void,
): NonNullable<Config["dinokit"]["clients"]> {
  const asked = new Set<string>();
  return new Proxy(clients, {
    get(policies, name, receiver) {
      if (typeof name === "string" && !asked.has(name)) {
        asked.add(name);
        const others = Object.keys(policies).filter((other) => !asked.has(other));
        const near = name in policies ? undefined : nearest(name, others, MAX_WRONG_LETTERS);
        if (near !== undefined) {
          warn(
            `${file}: dinokit.clients has no ${JSON.stringify(name)}, which the program asks for; did you mean it by ${
              JSON.stringify(near)
            }?`,
          );
        }
      }
      return Reflect.get(policies, name, receiver);
    },
  });
}
