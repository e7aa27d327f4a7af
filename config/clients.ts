import { nearest } from "../base/text/did_you_mean.ts";
import type { Config } from "./config.ts";

/** The maximum number of wrong letters in a misspelt name. With more, `user-service` would match `order-service`. */
export const MAX_WRONG_LETTERS = 2;

/**
 * Returns the clients' policies, and warns when the program reads a service that the file has only under a similar
 * name. Service names are free, so nothing else can tell a misspelt name from another service.
 *
 * @param clients The section `config.dinokit.clients`.
 * @param file The file that contains the section, for messages.
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
        const others = Object.keys(policies).filter((client) => !asked.has(client));
        const near = name in policies ? undefined : nearest(name, others, MAX_WRONG_LETTERS);
        if (near !== undefined) {
          const [asks, meant] = [JSON.stringify(name), JSON.stringify(near)];
          warn(`${file}: dinokit.clients has no ${asks}, which the program asks for; is ${meant} meant for it?`);
        }
      }
      return Reflect.get(policies, name, receiver);
    },
  });
}
