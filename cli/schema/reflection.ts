import { namesIn } from "../../codec/descriptor/declared.ts";
import { DescriptorPool } from "../../codec/descriptor/pool.ts";
import type { ProtoFile } from "../../codec/file.ts";
import { BizError, type CallOptions, type ClientOptions, createClient, RpcError, Status } from "../../mod.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../../proto/grpc/reflection/v1/reflection.ts";
import { ServerReflection as Alpha } from "../../proto/grpc/reflection/v1alpha/reflection.ts";
import { timeOfDay } from "../../base/time.ts";
import { Failure, problemOfSystem } from "../output/failure.ts";
import { answersNoGrpc, NoReflection, ReflectionRefused, SchemaError, type SchemaSource } from "./schema_source.ts";

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;
type Answer = ServerReflectionResponse["messageResponse"];

/** The versions of the reflection service, the newest first. Only their names differ. */
const VERSIONS = [ServerReflection, Alpha as unknown as typeof ServerReflection];

/** The maximum number of services whose files are fetched to find suggestions. */
const MAX_ASKED_SERVICES = 50;
/**
 * The maximum number of files from a server; below, of bytes in total and in one answer. All of googleapis has 6,000
 * files with 10 MB.
 */
export const MAX_FILES = 10_000;
export const MAX_BYTES = 64 * 2 ** 20;
const MAX_ANSWER_BYTES = 16 * 2 ** 20;
/** The default timeout of all queries for one symbol. */
const TIMEOUT_MS = 10_000;

/** The schema that a server provides by reflection. It is queried lazily, and never twice for the same file. */
export class Reflection implements SchemaSource {
  readonly label: string;
  readonly #clients;
  readonly #call: CallOptions;
  /** The index of the version that the server supports; undefined until that is known. */
  #version: number | undefined;
  #pool: DescriptorPool | undefined;
  #files = 0;
  #bytes = 0;
  /** The imports that have been requested from the server. */
  readonly #asked = new Set<string>();

  /**
   * Creates the schema source. It connects when it is first queried.
   *
   * @param options The server, as options of createClient.
   * @param call The options of each query. A deadline applies to all queries together.
   */
  constructor(options: ClientOptions, call: CallOptions) {
    this.label = options.name ?? String(options.address);
    const limits = { ...options.limits, receiveMessageBytes: MAX_ANSWER_BYTES };
    this.#clients = VERSIONS.map((service) => createClient(service, { ...options, limits } as ClientOptions<never>));
    this.#call = call;
  }

  async services(): Promise<readonly string[]> {
    const [answer] = await this.#ask([{ case: "listServices", value: "*" }], this.#callOptions());
    if (answer?.case !== "listServicesResponse") throw this.#refusal("the names of its services", answer);
    return answer.value.service.map(({ name }) => name);
  }

  async fileOf(symbol: string): Promise<ProtoFile | undefined> {
    const call = this.#callOptions();
    const [answer] = await this.#ask([{ case: "fileContainingSymbol", value: symbol }], call);
    if (isNotFound(answer)) return undefined;
    const told = await this.#keep([answer], [symbol]);
    if (told.first === undefined) return undefined;
    for (let missing = told.imports; missing.length > 0;) {
      const answers = await this.#ask(missing.map((value) => ({ case: "fileByFilename", value })), call);
      // A file that is imported only for options may be missing. Whether it is needed shows when the files are linked.
      const there = missing.keys().filter((i) => !isNotFound(answers[i])).toArray();
      missing = (await this.#keep(there.map((i) => answers[i]), there.map((i) => missing[i]!))).imports;
    }
    return this.#pool!.file(told.first);
  }

  async names(): Promise<readonly string[]> {
    for (const name of (await this.services()).slice(0, MAX_ASKED_SERVICES)) await this.fileOf(name).catch(() => {});
    return [...this.#pool?.files.values() ?? []].flatMap(namesIn);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
  }

  /**
   * Adds the files of the answers to the pool.
   *
   * @param questions The requested symbols or files, for messages.
   * @returns The name of the first file, and imports that have not been requested yet.
   */
  async #keep(answers: readonly Answer[], questions: readonly string[]) {
    this.#checkSize();
    const pool = this.#pool ??= await DescriptorPool.create();
    let first: string | undefined;
    const imports = new Set<string>();
    for (const [i, answer] of answers.entries()) {
      if (answer?.case !== "fileDescriptorResponse") throw this.#refusal(questions[i]!, answer);
      for (const bytes of answer.value.fileDescriptorProto) {
        const file = pool.add(bytes);
        first ??= file.name;
        if (file.isNew) {
          this.#files++;
          this.#bytes += bytes.length;
          this.#checkSize();
        }
        for (const name of file.imports) if (!this.#asked.has(name)) imports.add(name);
      }
    }
    const missing = [...imports].filter((name) => !pool.has(name));
    for (const name of missing) this.#asked.add(name);
    return { first, imports: missing };
  }

  /** Keeps no more files once the server has sent too much. */
  #checkSize(): void {
    if (this.#files > MAX_FILES || this.#bytes > MAX_BYTES) {
      throw new SchemaError(
        `${this.label} tells of more than ${MAX_FILES} files, or of more than ${MAX_BYTES} bytes of them`,
      );
    }
  }

  #callOptions(): CallOptions {
    return { ...this.#call, deadline: this.#call.deadline ?? timeOfDay() + TIMEOUT_MS };
  }

  /**
   * Sends all queries at once.
   *
   * @returns The answers in the order of the queries.
   */
  async #ask(questions: readonly Question[], call: CallOptions): Promise<Answer[]> {
    if (this.#version !== undefined) {
      return await this.#askIn(this.#version, questions, call).catch((error) => {
        throw refusal(error);
      });
    }
    for (const version of VERSIONS.keys()) {
      try {
        const answers = await this.#askIn(version, questions, call);
        this.#version = version;
        return answers;
      } catch (error) {
        const isOther = error instanceof RpcError && error.code === Status.UNIMPLEMENTED && !answersNoGrpc(error);
        if (!isOther) throw refusal(error);
      }
    }
    throw new NoReflection(
      `${this.label} does not tell what services it has: it serves no reflection; give its .proto files instead`,
    );
  }

  async #askIn(version: number, questions: readonly Question[], call: CallOptions): Promise<Answer[]> {
    async function* requests() {
      for (const messageRequest of questions) yield { messageRequest };
    }
    const answers: Answer[] = [];
    for await (const { messageResponse } of this.#clients[version]!.serverReflectionInfo(requests(), call)) {
      answers.push(messageResponse);
      if (answers.length > questions.length) break;
    }
    if (answers.length !== questions.length) {
      const count = answers.length > questions.length ? "more" : answers.length;
      throw new SchemaError(`${this.label} gave ${count} answers to ${questions.length} questions`);
    }
    return answers;
  }

  explain(error: unknown): unknown {
    const isKnown = error instanceof Failure || error instanceof SchemaError || error instanceof RpcError ||
      error instanceof BizError;
    if (isKnown || problemOfSystem(error) !== undefined || !(error instanceof Error) || error.name === "AbortError") {
      return error;
    }
    return new SchemaError(`${this.label} tells of its services what can't be used: ${error.message}`);
  }

  #refusal(question: string, answer: Answer): Error {
    if (answer?.case !== "errorResponse") {
      return new SchemaError(`${this.label} was asked for ${question} and answers with ${answer?.case ?? "nothing"}`);
    }
    const { errorCode, errorMessage } = answer.value;
    const code = errorCode !== Status.OK && Status[errorCode] !== undefined ? errorCode : Status.UNKNOWN;
    return new RpcError(code, `${this.label} was asked for ${question}: ${errorMessage}`);
  }
}

const isNotFound = (answer: Answer) => answer?.case === "errorResponse" && answer.value.errorCode === Status.NOT_FOUND;

/**
 * Converts an error of a query so that the message distinguishes it from the user's own call. An unreachable server is
 * reported unchanged.
 */
function refusal(error: unknown): unknown {
  if (error instanceof BizError) {
    return new ReflectionRefused(Status.UNKNOWN, `reflection: business error ${error.code}: ${error.message}`);
  }
  if (!(error instanceof RpcError) || answersNoGrpc(error)) return error;
  const { code, rawMessage, cause } = error;
  if (code === Status.UNAVAILABLE || code === Status.CANCELLED) return error;
  return new ReflectionRefused(code, `reflection: ${rawMessage}`, { cause });
}
