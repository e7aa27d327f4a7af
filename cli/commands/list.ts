import { type CatalogService, consulCatalog } from "../../registry/consul/catalog.ts";
import type { Method } from "../../mod.ts";
import { visible } from "../../base/text/visible.ts";
import { telling } from "./call_failure.ts";
import { type AskingFlags, askingOf, withAsking } from "./call_flags.ts";
import { command, type JsonFlag, withJson } from "./command.ts";
import type { Command } from "../deps.ts";
import { EXIT, Failure } from "../output/failure.ts";
import { type SchemaFlags, schemaOf, withSchema } from "./schema_flags.ts";
import {
  consulAddressOf,
  consulOptionsOf,
  TARGET,
  TARGET_PERMISSIONS,
  type TargetFlags,
  withConsul,
  withTls,
} from "./target.ts";
import { interruption, paint, print, printJson, printPainted, table } from "../output/terminal.ts";

type Flags = TargetFlags & SchemaFlags & AskingFlags & JsonFlag & { methods?: boolean };

/** Creates the command `dinokit list`. */
export function listCommand(): Command {
  const list = command("list", {
    summary: "Lists the services of a server or of Consul",
    description:
      "With a target: the names of its services, from reflection. With --proto: those of .proto files. With " +
      "--consul and no target: all services in Consul, with their instances, health, weights and tags.",
    examples: [
      ["dinokit list 127.0.0.1:8888", "the services of a server"],
      ["dinokit list consul:echoservice --methods", "with their methods, of a server in Consul"],
      ["dinokit list --proto proto/echo.proto", "the services of a .proto file"],
      ["dinokit list --consul", "all services in Consul at 127.0.0.1:8500"],
      ["dinokit list --consul 192.0.2.1:8500", "with another agent"],
      ["dinokit list --consul --json", "as JSON, for programs"],
    ],
    permissions: TARGET_PERMISSIONS,
  })
    .argument("[target]", `${TARGET}; not needed with --proto`)
    .option("-m, --methods", "also list methods");
  return withJson(withTls(withAsking(withSchema(withConsul(list, true))))).action(telling(listServices));
}

async function listServices(target: string | undefined, flags: Flags): Promise<void> {
  using signal = interruption();
  if (target === undefined) {
    if (flags.consul && !flags.proto) {
      if (!flags.methods) return await listCatalog(flags, signal);
      throw new Failure(
        "Consul knows no methods",
        "dinokit list consul:NAME --methods, which asks a server",
        EXIT.usage,
      );
    }
    if (!flags.proto) {
      const next = "dinokit list 127.0.0.1:8888, or dinokit list --consul";
      throw new Failure("which server's services?", next, EXIT.usage);
    }
  }
  await using schema = schemaOf(target, flags, askingOf(flags, signal));
  const all: unknown[] = [];
  for (const name of await schema.services()) {
    const methods = flags.methods ? Object.values((await schema.findService(name)).methods) : undefined;
    if (flags.json) all.push({ name, methods: methods?.map(methodJson) });
    else await print([name, ...methods?.map((method) => `${name}/${method.name}`) ?? []].map(visible).join("\n"));
  }
  if (flags.json) await printJson(all);
}

const methodJson = ({ name, kind, request, response }: Method) => ({
  name,
  kind,
  request: request.typeName,
  response: response.typeName,
});

async function listCatalog(flags: Flags, signal: AbortSignal): Promise<void> {
  const options = consulOptionsOf({ ...flags, consul: undefined });
  const services = await consulCatalog(consulAddressOf(flags), options, signal, flags.timeout);
  if (flags.json) return await printJson(services);
  const head = ["SERVICE", "INSTANCE", "HEALTH", "WEIGHT", "NODE", "TAGS"].map((text) => paint(text, "bold"));
  await printPainted(table([head, ...services.flatMap(rows)]));
}

const COLOURS = { passing: "green", warning: "yellow", critical: "red", maintenance: "yellow" } as const;

function rows({ name, instances, error }: CatalogService): string[][] {
  if (error !== undefined) return [[visible(name), "", paint("unknown", "yellow"), "", "", visible(error)]];
  return instances.map(({ address, health, weight, node, tags }) => [
    visible(name),
    visible(address),
    paint(health, COLOURS[health]),
    String(weight),
    visible(node),
    visible(tags.join(" ")),
  ]);
}
