import { fileURLToPath } from "node:url";
import { createLogger } from "../base/logger.ts";
import { readBounded } from "../base/bounded_file.ts";
import { checkOptions } from "../base/options/check_options.ts";
import { object, section, unchecked } from "../base/options/fields.ts";
import { rememberPermissions, requirePermissions } from "../base/permissions.ts";
import { withNearMisses } from "./clients.ts";
import type { Config } from "./config.ts";
import { CONF_BOUNDS } from "./document.ts";
import { chooseEnvironment, type Environment, overrides } from "./environment.ts";
import { type OwnSections, type OwnValues, schemaWith } from "./own_sections.ts";
import { type ParsedConfig, parseSettings } from "./parse.ts";
import { ConfigError, shortened } from "./problem.ts";

/** Options of {@linkcode loadConfig}. */
export interface LoadConfigOptions<S extends OwnSections = OwnSections> {
  /**
   * The folder that contains the environments: a path, or a file URL such as `new URL("../conf/", import.meta.url)`.
   * @default {"conf"}
   */
  dir?: string | URL;
  /**
   * The environment: the folder in `dir` that contains conf.yaml.
   * @default {DENO_ENV, then GO_ENV, then "test"}
   */
  env?: string;
  /**
   * Sections of your own beside the kit's, with the declarations of their fields by {@linkcode fields}. Names are in
   * camel case here, and in snake case in the file.
   */
  sections?: S;
}

/** The permissions that {@linkcode loadConfig} uses. */
export interface ConfigPermissions {
  /** The required permissions: to read the folder. */
  needed: Deno.PermissionDescriptor[];
  /** The optional permissions: to read environment variables. */
  used: Deno.PermissionDescriptor[];
}

/** The declarations of the options of `loadConfig`. Their values are checked where they are used. */
export const LOAD_OPTIONS = {
  dir: unchecked<string | URL>(),
  env: unchecked<string>(),
  sections: object("{ payment: { url: fields.url() } }"),
};

/**
 * Reads the settings of a service from `conf/<env>/conf.yaml`. Environment variables override single keys.
 *
 * The name of a variable is `DINOKIT_` and the key's path in capitals, such as `DINOKIT_KITEX_ADDRESS` or
 * `DINOKIT_REGISTRY_REGISTRY_ADDRESS` (values separated by commas). In the section `dinokit`, the section's name is
 * left out: `DINOKIT_HEALTH_ADDRESS`. An empty variable removes the file's value.
 *
 * Requires permission to read the folder. Variables are read only with permission: all of them, so that misspelt ones
 * are found, or single names, or none. Settings that are not used or can't be read are logged on stderr.
 *
 * @throws {ConfigError} If settings are invalid. It lists all problems, each with file, line, column and the allowed
 * values.
 * @throws {Deno.errors.NotFound} If the file does not exist. The message lists the existing environments.
 * @throws {Deno.errors.NotCapable} If the file may not be read. The message contains the complete command.
 * @throws {TypeError} If an option is invalid, or the environment is not a folder name.
 */
export async function loadConfig<const S extends OwnSections = Record<never, never>>(
  options: LoadConfigOptions<S> = {},
): Promise<Config & OwnValues<S>> {
  const who = "loadConfig";
  checkOptions(who, section(LOAD_OPTIONS as never), options);
  const { config } = await readConfig<S>(who, options);
  const { dinokit } = config;
  if (!dinokit.clients) return config;
  const logger = createLogger(config.kitex.logLevel);
  const clients = withNearMisses(dinokit.clients, config.file, (message) => logger.warn(message));
  return Object.freeze({ ...config, dinokit: Object.freeze({ ...dinokit, clients }) }) as typeof config;
}

/**
 * Reads the settings, and logs warnings about those that are perhaps not intended.
 *
 * @param who The function that was given the options, for errors.
 */
export async function readConfig<S extends OwnSections>(
  who: string,
  options: LoadConfigOptions<S>,
): Promise<ParsedConfig<S>> {
  const schema = schemaWith(who, options.sections);
  const dir = pathOf(who, options.dir);
  const { needed, used } = configPermissions(options);
  rememberPermissions([...needed, ...used]);
  const environment = chooseEnvironment(options.env, who);
  const file = `${dir}/${environment.env}/conf.yaml`;
  const text = await readText(who, file, dir, environment);
  const parsed = await parseSettings<S>(text, file, environment.env, overrides(schema.variables), schema);
  const logger = createLogger(parsed.config.kitex.logLevel);
  for (const warning of warnings(parsed.config, environment)) logger.warn(warning);
  return parsed;
}

/** Yields warnings about settings that are valid but perhaps not intended. */
function* warnings({ registry }: Config, { env, from, unread }: Environment): Generator<string> {
  if (unread.length > 0) {
    yield `${unread.join(" and ")} can't be read: the environment is ${JSON.stringify(env)}, from ${from}; ` +
      `run with --allow-env=${unread.join()} to let it be chosen`;
  }
  if (registry.username !== undefined || registry.password !== undefined) {
    yield "registry.username and registry.password are not used: Consul takes registry.token";
  }
  const [first, ...others] = registry.registryAddress;
  if (others.length > 0) yield `registry.registry_address: only ${first} is used, not ${shortened(others.join(", "))}`;
}

/**
 * Returns the permissions that {@linkcode loadConfig} uses with these options, so that they can be checked at startup.
 *
 * @throws {TypeError} If `dir` is neither a path nor a file URL.
 */
export function configPermissions(options: Pick<LoadConfigOptions, "dir"> = {}): ConfigPermissions {
  return {
    needed: [{ name: "read", path: pathOf("loadConfig", options.dir) }],
    used: ["DENO_ENV", "GO_ENV", "DINOKIT_*"].map((variable) => ({ name: "env", variable })),
  };
}

function pathOf(who: string, dir: string | URL = "conf"): string {
  const text = String(dir);
  if (text === "" || /^(?!file:)\w{2,}:/.test(text)) {
    throw new TypeError(`${who}: dir is ${JSON.stringify(text)}; use a path or a file URL, for example "conf"`);
  }
  let path = text.startsWith("file:") ? fileURLToPath(text) : text;
  while (path.length > 1 && "/\\".includes(path.at(-1)!)) path = path.slice(0, -1);
  return path;
}

async function readText(who: string, file: string, dir: string, { env, from }: Environment): Promise<string> {
  if (Deno.permissions.querySync({ name: "read", path: file }).state !== "granted") {
    const note = "Its addresses stand in the settings: add --allow-net, or run it again to be told which of it";
    requirePermissions(who, configPermissions({ dir }).needed, note);
  }
  try {
    const bytes = await readBounded(file, CONF_BOUNDS.bytes);
    if (bytes) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    throw new ConfigError([{ file, message: `is too large for settings; use at most ${CONF_BOUNDS.bytes} bytes` }]);
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigError([{ file, message: "is not UTF-8 text; save it as UTF-8" }]);
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `${who}: ${file} does not exist (environment ${JSON.stringify(env)} comes from ${from}); ${await choices(dir)}`,
    );
  }
}

/** Returns a hint about which environments exist. */
async function choices(dir: string): Promise<string> {
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(dir)) if (!isFile && !name.startsWith(".")) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no folder ${dir} either; give its path as "dir"`;
    return `which environments there are can't be read: run with --allow-read=${dir} to see them`;
  }
  return names.length === 0 ? `${dir} holds no environments` : `there are ${names.sort().join(", ")} in ${dir}`;
}
