import { join } from "node:path";
import type { DeclaredService } from "../../codegen/emit/services.ts";
import { readText } from "../files.ts";
import type { Idl } from "./idl.ts";
import { moduleOf } from "./module_flag.ts";
import type { NewOptions } from "./settings.ts";

const ENVS = ["dev", "test", "online"];

/** Whether a project has a server. Its generated file may have been deleted to be generated again. */
export const hasServer = (root: string): boolean =>
  readText(join(root, "handlers/mod.ts")) !== undefined ||
  readText(join(root, "main.ts"))?.includes("./handlers/mod.ts") === true;

/**
 * Compares the flags with an existing project. The user owns its settings, so a flag that asks for different settings
 * would have no effect.
 *
 * @throws {TypeError} If a flag differs. The message says where to change the setting.
 */
export function checkAgain(root: string, { type, registry, serverName, module }: NewOptions): void {
  const has = (path: string) => readText(join(root, path)) !== undefined;
  const conf = ENVS.map((env) => readText(join(root, `conf/${env}/conf.yaml`)) ?? "").join("\n");
  const refuse = (flag: string, remedy: string) => {
    throw new TypeError(
      `${flag}: ${root} is a project already, and its settings are yours: nothing was written; ${remedy}, or leave the flag out`,
    );
  };
  const is = hasServer(root) ? has("client.ts") ? "both" : "server" : "client";
  if (type !== undefined && type !== is) {
    refuse(`--type ${type}`, `it is of --type ${is}: make another folder with dinokit new and take over what you need`);
  }
  if (registry !== undefined && !/^\s*registry_address:\s*(\[\s*[^\s\]]|\n\s*-|[^\s[#])/m.test(conf)) {
    const place = join(root, "conf/ENV/conf.yaml");
    refuse(`--registry ${registry}`, `write registry_address in ${place} and allow its net in deno.json`);
  }
  const service = new RegExp(`^\\s*service:\\s*"?${RegExp.escape(serverName ?? "")}"?\\s*$`, "m");
  if (serverName !== undefined && !service.test(conf)) {
    refuse(`--server_name ${serverName}`, `write service in ${join(root, "conf/ENV/conf.yaml")}`);
  }
  const [, kit] = /"dinokit":\s*"([^"]*)"/.exec(readText(join(root, "deno.json")) ?? "") ?? [];
  if (module !== undefined && moduleOf(module, root) !== kit) {
    refuse(`--module ${module}`, `it imports ${kit}: change "imports" in ${join(root, "deno.json")}`);
  }
}

/** Yields a line for each service with new methods that the user's client does not call. */
export function* newToClient(root: string, { name, services }: Idl): Generator<string> {
  const client = readText(join(root, "client.ts"));
  const before = readText(join(root, "idl", name.replace(/proto$/, "ts")));
  if (client === undefined || before === undefined) return;
  for (const service of services) {
    const known = knownMethods(before, service);
    const called = calledMethods(client, service);
    const added = service.methods.filter(({ local }) => !known.has(local) && !called.has(local));
    if (added.length === 0) continue;
    const names = added.map((method) => method.name).join(", ");
    yield `kept ${join(root, "client.ts")}: it doesn't call what is new in ${service.fullName}: ${names}`;
  }
}

/** Returns the methods of a service in previously generated TypeScript. */
function knownMethods(generated: string, { name }: DeclaredService): Set<string> {
  const [, body = ""] = new RegExp(`^export const ${name}: Service<\\{\\n([^]*?)^\\}>`, "m").exec(generated) ?? [];
  return new Set([...body.matchAll(/^ {2}(\w+): /gm)].map(([, local]) => local!));
}

/** Returns the methods that a text calls on the clients of a service. Calls on other objects don't count. */
function calledMethods(text: string, { name }: DeclaredService): Set<string> {
  const [, alias = name] = new RegExp(`\\b${name} as ([\\w$]+)`).exec(text) ?? [];
  const services = new Map<string, string>();
  const called = new Set<string>();
  const clientOrCall =
    /([\w$]+)\s*(?:=\s*(?:[\w$]+\.)?createClient\(\s*|:\s*Client<typeof\s+)([\w$]+)|([\w$]+)\s*\??\.\s*([\w$]+)\s*\(/g;
  for (const [, variable, service, object, method] of text.matchAll(clientOrCall)) {
    if (variable !== undefined) services.set(variable, service!);
    else if (services.get(object!) === alias) called.add(method!);
  }
  return called;
}
