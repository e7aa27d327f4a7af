import { entryPath } from "../base/options/sourced.ts";
import { nearest } from "../base/text/did_you_mean.ts";
import type { Service } from "../rpc/service.ts";
import { MAX_WRONG_LETTERS } from "./clients.ts";
import type { CalledService, Config } from "./config.ts";
import type { ConfigProblem, Where } from "./problem.ts";

/** A service that a client calls. */
export interface Called {
  /** Its name in the registry, which is also that of its entry in `dinokit.clients`, if there is one. */
  readonly name: string;
}

type Entry = readonly [name: string, entry: CalledService];

/** Returns a name without the signs and the case in which names of registries differ from names of .proto files. */
const plain = (name: string) => name.replaceAll(/[-_]/g, "").toLowerCase();

const lastPart = (typeName: string) => typeName.slice(typeName.lastIndexOf(".") + 1);

/**
 * Returns the name of a service in the registry by the entries of `dinokit.clients`, or a problem if no entry fits, or
 * more than one. In this order it looks for an entry whose `services` name the service; for one without `services` that
 * has the service's full name; and for one without `services` that has the last part of that name, apart from case, "-"
 * and "_". The service of the settings themselves counts as an entry without `services`.
 *
 * @param names The position of each entry, by its full path.
 */
export function findCalled(
  { file, kitex, dinokit: { clients = {} } }: Config,
  names: ReadonlyMap<string, Where>,
  { typeName }: Service,
): Called | ConfigProblem {
  const last = lastPart(typeName);
  const entries: readonly Entry[] = Object.entries(clients);
  const mapped = (name: string) => entries.filter(([, { services }]) => services?.includes(name));
  const own: readonly Entry[] = kitex.service in clients ? [] : [[kitex.service, {}]];
  const unmapped = [...entries, ...own].filter(([, { services }]) => services === undefined);
  const choices = [
    mapped(typeName),
    mapped(last),
    unmapped.filter(([name]) => name === typeName),
    unmapped.filter(([name]) => plain(name) === plain(last)),
  ].find(({ length }) => length > 0);
  if (choices?.length === 1) return { name: choices[0]![0] };
  if (choices) {
    const all = choices.map(([name]) => `dinokit.clients.${name}`).join(" and ");
    return { file, message: `${all} are for ${typeName}; give createClient the option "name"` };
  }
  return noEntry(file, entries, names, typeName);
}

function noEntry(
  file: string,
  entries: readonly Entry[],
  names: ReadonlyMap<string, Where>,
  typeName: string,
): ConfigProblem {
  const last = lastPart(typeName);
  const none = `no entry of dinokit.clients is for ${typeName}`;
  for (const [name, { services }] of entries) {
    const isNear = services
      ? services.some((service) => nearest(lastPart(service), [last], MAX_WRONG_LETTERS) !== undefined)
      : nearest(plain(name), [plain(last)], MAX_WRONG_LETTERS) !== undefined;
    const key = entryPath("dinokit.clients", name);
    if (!isNear) continue;
    const why = services ? `with services: [${services.join(", ")}]` : "";
    return { file, ...names.get(key), key, message: `${none}; is ${[key, why].join(" ").trim()} meant for it?` };
  }
  const entry = `"${last.toLowerCase()}: { services: [${typeName}] }"`;
  return {
    file,
    message: `${none}; add one below the service's name in the registry, such as ${entry}, ` +
      `or give createClient the option "name"`,
  };
}
