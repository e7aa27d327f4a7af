import { type FileDescriptor, fileDescriptors } from "../codec/descriptor/file.ts";
import { fileOf } from "../codec/file.ts";
import { Health } from "../proto/grpc/health/v1/health.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../proto/grpc/reflection/v1/reflection.ts";
import { ServerReflection as Alpha } from "../proto/grpc/reflection/v1alpha/reflection.ts";
import { excerpt } from "../base/text/excerpt.ts";
import type { Service } from "../rpc/service.ts";
import { Status } from "../rpc/status.ts";
import { type Handlers, type Route, routesOf } from "./call/handlers.ts";
import type { Phase } from "./health/http_handler.ts";
import type { Watched } from "./health/grpc_service.ts";

type Answer = ServerReflectionResponse["messageResponse"];

/**
 * Returns the routes of server reflection, in both versions: many tools know only the older one. Reflection lists the
 * kit's own services in addition to `added`.
 */
export function reflectionRoutes(added: readonly Service[], phase: Watched<Phase>): Map<string, Route> {
  const services = new Map(
    [Health, ServerReflection, Alpha, ...added].map((service) => [service.typeName, service as Service]),
  );
  let index: Promise<Index> | undefined;
  const handlers: Handlers<typeof ServerReflection> = {
    async *serverReflectionInfo(requests) {
      // The index is built on the first request, because most servers never get one.
      index ??= indexOf([...services.values()]);
      index.catch(() => index = undefined);
      const all = await index;
      const sent = new Set<string>();
      for await (const request of untilDraining(requests, phase)) {
        yield { validHost: request.host, originalRequest: request, messageResponse: answer(all, request, sent) };
      }
    },
  };
  return new Map([...routesOf(ServerReflection, handlers), ...routesOf(Alpha, handlers)]);
}

/** The services, files and symbols that a server describes. */
interface Index {
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, FileDescriptor>;
  /** The file that declares each symbol, by the symbol's full name. */
  readonly symbols: ReadonlyMap<string, FileDescriptor>;
  /** The file that declares each extension, by the full name of the extended message and the field number. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, FileDescriptor>>;
}

async function indexOf(services: readonly Service[]): Promise<Index> {
  // A service that was not generated has no file.
  const files = await fileDescriptors(services.map(fileOf).filter((file) => file !== undefined));
  const symbols = new Map<string, FileDescriptor>();
  const extensions = new Map<string, Map<number, FileDescriptor>>();
  for (const file of files.values()) {
    for (const symbol of file.symbols) symbols.set(symbol, file);
    for (const { extendee, number } of file.extensions) {
      const name = extendee.slice(1);
      if (!extensions.has(name)) extensions.set(name, new Map());
      extensions.get(name)!.set(number, file);
    }
  }
  return { services: services.map(({ typeName }) => typeName).sort(), files, symbols, extensions };
}

/**
 * Yields the requests until the server drains. Tools keep their stream open for as long as they run, and would
 * otherwise delay the stop.
 */
async function* untilDraining<T>(requests: AsyncIterable<T>, phase: Watched<Phase>): AsyncGenerator<T, void, void> {
  let wake = () => {};
  const onChange = () => wake();
  phase.watchers.add(onChange);
  const iterator = requests[Symbol.asyncIterator]();
  try {
    for (let pending = iterator.next(); phase.value !== "draining";) {
      const change = new Promise<undefined>((resolve) => wake = () => resolve(undefined));
      const next = await Promise.race([pending, change]);
      if (next?.done) return;
      if (next === undefined) continue;
      yield next.value;
      pending = iterator.next();
    }
  } finally {
    phase.watchers.delete(onChange);
  }
}

function answer(
  { services, files, symbols, extensions }: Index,
  request: ServerReflectionRequest,
  sent: Set<string>,
): Answer {
  const question = request.messageRequest;
  switch (question?.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: services.map((name) => ({ name })) } };
    case "fileByFilename":
      return fileAnswer(files.get(question.value), files, sent) ?? notFound("file", question.value);
    case "fileContainingSymbol":
      return fileAnswer(symbols.get(question.value), files, sent) ?? notFound("symbol", question.value);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const file = extensions.get(containingType)?.get(extensionNumber);
      return fileAnswer(file, files, sent) ?? notFound(`extension ${extensionNumber} of`, containingType);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = [...extensions.get(question.value)?.keys() ?? []].sort((a, b) => a - b);
      if (extensionNumber.length === 0 && !symbols.has(question.value)) return notFound("message", question.value);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: question.value, extensionNumber } };
    }
    case undefined:
      return refusal(Status.INVALID_ARGUMENT, "the kind of the request is unknown");
  }
}

/** Returns a file, followed by those of its direct and indirect imports that were not sent on this stream yet. */
function fileAnswer(
  file: FileDescriptor | undefined,
  files: ReadonlyMap<string, FileDescriptor>,
  sent: Set<string>,
): Answer | undefined {
  if (file === undefined) return undefined;
  if (file.failure !== undefined) return refusal(Status.INTERNAL, file.failure);
  const found: FileDescriptor[] = [file];
  sent.add(file.name);
  for (const { dependencies } of found) {
    for (const name of dependencies) {
      if (sent.has(name)) continue;
      sent.add(name);
      found.push(files.get(name)!);
    }
  }
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: found.filter(({ failure }) => !failure).map(({ bytes }) => bytes) },
  };
}

const notFound = (kind: string, name: string) => refusal(Status.NOT_FOUND, `there is no ${kind} ${excerpt(name)}`);

function refusal(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
