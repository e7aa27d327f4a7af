import type { Variables } from "./schema.ts";

/** The environment in use, and how it was chosen. */
export interface Environment {
  readonly env: string;
  /** The option or variable that chose the environment, for messages. */
  readonly from: string;
  /** The variables that would take precedence but can't be read. */
  readonly unread: readonly string[];
}

/**
 * Chooses the environment: from the option, otherwise DENO_ENV, otherwise GO_ENV, otherwise `"test"`. A variable that
 * is empty or can't be read counts as not set.
 *
 * @throws {TypeError} If the environment is not a plain folder name. A path could lead outside the settings folder.
 */
export function chooseEnvironment(option: string | undefined, who: string): Environment {
  const names = option === undefined ? ["DENO_ENV", "GO_ENV"] : [];
  const variable = names.find((name) => valueOf(name));
  const { env, from } = option !== undefined
    ? { env: option, from: 'the option "env"' }
    : variable
    ? { env: valueOf(variable)!, from: variable }
    : { env: "test", from: "the default" };
  if (!/^\w[\w.-]*$/.test(env)) {
    throw new TypeError(`${who}: ${from} is ${JSON.stringify(env)}; use the name of a folder, for example "test"`);
  }
  const before = variable === undefined ? names : names.slice(0, names.indexOf(variable));
  return { env, from, unread: before.filter((name) => !mayRead(name)) };
}

/**
 * Returns the variables that override keys. If all variables may be read, this includes unknown ones with our prefix.
 *
 * @param known The variables that override keys.
 */
export function overrides(known: Variables): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return ours(Deno.env.toObject());
  return Object.fromEntries([...known.keys()].flatMap((name) => {
    const value = valueOf(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/**
 * Returns the variables with our prefix, except those that Kubernetes sets. Kubernetes sets variables for each service:
 * those of a service named `dinokit` or `dinokit-something` start with our prefix too.
 */
export function ours(all: Readonly<Record<string, string>>): Record<string, string> {
  const services = new Set(
    Object.keys(all).flatMap((name) => /^(DINOKIT(?:_\w+)?)_SERVICE_HOST$/.exec(name)?.[1] ?? []),
  );
  const isForeign = (name: string) =>
    name.matchAll(/_(?=SERVICE_|PORT)/g).some(({ index }) => services.has(name.slice(0, index)));
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith("DINOKIT_") && !isForeign(name)));
}

function valueOf(variable: string): string | undefined {
  if (mayRead(variable)) return Deno.env.get(variable);
}

const mayRead = (variable: string) => Deno.permissions.querySync({ name: "env", variable }).state === "granted";
