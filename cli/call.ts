import { type CallOptions, createClient, type JsonValue, type Metadata, type Service } from "../mod.ts";
import { callFailure, telling } from "./call_failure.ts";
import { type CallFlags, metainfoOf, withCall } from "./call_flags.ts";
import { command } from "./command.ts";
import type { Command } from "./deps.ts";
import { EXIT, Failure } from "./exit.ts";
import { jsonValues } from "./json_input.ts";
import type { FoundMethod } from "./schema.ts";
import { type SchemaFlags, schemaOf, withSchema } from "./schema_flags.ts";
import { reach, TARGET, TARGET_PERMISSIONS, type TargetFlags, withConsul, withTls } from "./target.ts";
import { interruption, onTerminal, paint, print } from "./terminal.ts";

/** `dinokit call` */
export function callCommand(): Command {
  const call = command("call", {
    summary: "Calls a method with JSON, whatever its kind",
    description:
      "The server tells by reflection what the method takes; or .proto files do. Streams of requests are several JSON " +
      "values, sent as they come. Responses go to stdout: indented on a terminal, else one a line. Ends with 0, or 64 " +
      "and the gRPC status (78 for UNAVAILABLE); Ctrl-C cancels the call.",
    examples: [
      [`dinokit call 127.0.0.1:8888 echo.EchoService/Echo '{"mes": "hello"}'`, "one request"],
      [`dinokit call consul:echoservice echo.EchoService/Echo '{"mes": "hello"}'`, "a server that Consul knows"],
      [
        `dinokit call 127.0.0.1:8888 echo.EchoService/Echo '{"mes": "hello"}' --proto proto/echo.proto`,
        "a server without reflection",
      ],
      [`echo '{"mes": "hello"}' | dinokit call 127.0.0.1:8888 echo.EchoService/Echo -`, "JSON from stdin"],
      ["dinokit call 127.0.0.1:8888 echo.EchoService/Echo @request.json", "JSON from a file"],
      [
        `dinokit call 127.0.0.1:8888 echo.EchoService/Echo -H 'x-request-id: 42' --persistent CLIENT_NAME=me -v`,
        "metadata and metainfo; shows header, trailer, status and timing",
      ],
    ],
    permissions: TARGET_PERMISSIONS,
  })
    .argument("<target>", TARGET)
    .argument("<method>", "SERVICE/METHOD, such as echo.EchoService/Echo")
    .argument("[json...]", "the request, or several; @FILE or - (stdin) for JSON from there ({} without)");
  return withTls(withConsul(withCall(withSchema(call)))).action(telling(callMethod));
}

type Flags = CallFlags & SchemaFlags & TargetFlags;
// deno-lint-ignore no-explicit-any -- what a method takes is known at run time only
type AnyClient = Record<string, (request: any, options: CallOptions) => Promise<any> | AsyncIterable<any>>;

async function callMethod(target: string, name: string, words: readonly string[], flags: Flags): Promise<void> {
  using signal = interruption();
  await using schema = schemaOf(target, flags, { signal, metadata: flags.header });
  const found = await schema.findMethod(name);
  const { service, property, method } = found;
  await using client = createClient(service as Service, reach(target, flags));
  const watch = new Watcher(flags.verbose ?? false);
  const options: CallOptions = {
    signal,
    ...(flags.timeout !== undefined && { timeout: flags.timeout }),
    metadata: flags.header,
    metainfo: metainfoOf(flags),
    onHeader: (header) => watch.fields("header", header),
    onTrailer: (trailer) => watch.fields("trailer", trailer),
    onBackward: (values) => watch.note("backward", [...values].map(([key, value]) => `${key}: ${value}`)),
  };
  const requests = requestsOf(found, words.length > 0 ? words : ["{}"], { target, signal });
  const many = method.kind === "client_streaming" || method.kind === "bidi";
  try {
    const request = many ? requests : await only(requests, name);
    watch.started();
    const replies = (client as unknown as AnyClient)[property]!(request, options);
    for await (const reply of Symbol.asyncIterator in replies ? replies : [await replies]) {
      await print(show(method.response.toJson(reply, { emitDefaults: flags.emitDefaults })));
    }
    watch.ended("OK");
  } catch (error) {
    const failure = callFailure(mistake(error) ?? error, target);
    watch.ended(failure.message);
    throw failure;
  }
}

/** A mistake in the requests comes back as the cause of a call that could not go on. */
function mistake(error: unknown): Failure | undefined {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof Failure) return one;
}

async function* requestsOf(
  { method }: FoundMethod,
  words: readonly string[],
  { target, signal }: { target: string; signal: AbortSignal },
): AsyncGenerator<unknown> {
  for await (const json of jsonValues(words, signal)) {
    try {
      yield method.request.fromJson(json);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const next = `dinokit describe ${target} ${method.request.typeName}`;
      throw new Failure(error.message, next, EXIT.usage);
    }
  }
}

async function only(requests: AsyncIterable<unknown>, name: string): Promise<unknown> {
  const all = await Array.fromAsync(requests);
  if (all.length === 1) return all[0];
  throw new Failure(
    `${name} takes one request, and ${all.length} came`,
    "write it like '{}', or call it once for each",
    EXIT.usage,
  );
}

const show = (json: JsonValue) => JSON.stringify(json, null, onTerminal ? 2 : undefined);

/** Tells on stderr how a call goes. */
class Watcher {
  #start = 0;

  constructor(readonly on: boolean) {}

  started(): void {
    this.#start = performance.now();
  }

  note(what: string, lines: readonly string[]): void {
    if (!this.on) return;
    const ms = (performance.now() - this.#start).toFixed(1);
    console.error(paint(`${what} (${ms} ms)`, "bold", !Deno.noColor && Deno.stderr.isTerminal()));
    for (const line of lines) console.error(`  ${line}`);
  }

  fields(what: string, metadata: Metadata): void {
    this.note(
      what,
      [...metadata].map(([key, value]) => `${key}: ${typeof value === "string" ? value : value.toBase64()}`),
    );
  }

  ended(status: string): void {
    this.note("status", [status]);
  }
}
