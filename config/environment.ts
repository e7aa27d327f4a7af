import { VARIABLES } from "./schema.ts";

/** Which environment was chosen. */
export interface Environment {
  readonly env: string;
  /** By what: an option or a variable, for messages. */
  readonly from: string;
  /** The variables that would come before it and may not be read. */
  readonly unread: readonly string[];
}

/**
 * Chooses the environment: the option, else DENO_ENV, else GO_ENV, else `"test"`. A variable that is empty, or may not
 * be read, is as good as not set.
 *
 * @throws {TypeError} If it is no name of a folder: it must not lead anywhere else.
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

/** The variables that override keys. If all may be read, unknown ones that begin like ours are among them. */
export function overrides(): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return ours(Deno.env.toObject());
  return Object.fromEntries([...VARIABLES.keys()].flatMap((name) => {
    const value = valueOf(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/**
 * Those of all variables that are meant for us. Kubernetes sets some for each service that it runs: for one that is
 * named dinokit, or dinokit-something, they begin like ours.
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
