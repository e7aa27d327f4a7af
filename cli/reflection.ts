import { importsOf, protoFiles } from "../codec/descriptor/read.ts";
import { namesIn } from "../codec/descriptor/declared.ts";
import type { ProtoFile } from "../codec/file.ts";
import { type CallOptions, type ClientOptions, createClient, RpcError, Status } from "../mod.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../proto/grpc/reflection/v1/reflection.ts";
import { ServerReflection as Alpha } from "../proto/grpc/reflection/v1alpha/reflection.ts";
import { answersNoGrpc, NoReflection, SchemaError, type SchemaSource } from "./schema_source.ts";

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;
type Answer = ServerReflectionResponse["messageResponse"];

/** The versions of the service, the newest first. Only their names differ. */
const VERSIONS = [ServerReflection, Alpha as unknown as typeof ServerReflection];

/** Of how many services the files are asked for, to find what may be meant. */
const MOST_ASKED = 50;

/** What a server tells about itself. It is asked for what is needed, when that is needed, and for nothing twice. */
export class Reflection implements SchemaSource {
  readonly label: string;
  readonly #clients;
  readonly #call: CallOptions;
  /** Which version the server speaks, once that is known. */
  #version: number | undefined;
  readonly #descriptors = new Map<string, Uint8Array>();
  readonly #files = new Map<string, ProtoFile>();

  /**
   * Makes it; it connects when it is asked.
   *
   * @param options Where the server is, as createClient takes it.
   * @param call What is sent with each question.
   */
  constructor(options: ClientOptions, call: CallOptions) {
    this.label = options.name ?? String(options.address);
    this.#clients = VERSIONS.map((service) => createClient(service, options as ClientOptions<never>));
    this.#call = call;
  }

  async services(): Promise<readonly string[]> {
    const [answer] = await this.#ask([{ case: "listServices", value: "*" }]);
    if (answer?.case !== "listServicesResponse") throw this.#refusal("the names of its services", answer);
    return answer.value.service.map(({ name }) => name);
  }

  async fileOf(symbol: string): Promise<ProtoFile | undefined> {
    const [answer] = await this.#ask([{ case: "fileContainingSymbol", value: symbol }]);
    if (isNotFound(answer)) return undefined;
    const [name] = await this.#keep(answer, symbol);
    if (name === undefined) return undefined;
    await this.#fetchImports();
    for (const [name, file] of await protoFiles(this.#descriptors.values())) {
      if (!this.#files.has(name)) this.#files.set(name, file);
    }
    return this.#files.get(name);
  }

  async names(): Promise<readonly string[]> {
    for (const name of (await this.services()).slice(0, MOST_ASKED)) await this.fileOf(name).catch(() => {});
    return [...this.#files.values()].flatMap(namesIn);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
  }

  /** Keeps the files of an answer. @returns Their names, the one that was asked for first. */
  async #keep(answer: Answer, what: string): Promise<string[]> {
    if (answer?.case !== "fileDescriptorResponse") throw this.#refusal(what, answer);
    return await Promise.all(answer.value.fileDescriptorProto.map(async (bytes) => {
      const { name } = await importsOf(bytes);
      this.#descriptors.set(name, bytes);
      return name;
    }));
  }

  /** Asks for what the files import that are there, and what those import. */
  async #fetchImports(): Promise<void> {
    const asked = new Set<string>();
    for (;;) {
      const imports = await Promise.all([...this.#descriptors.values()].map(importsOf));
      const missing = [...new Set(imports.flatMap((one) => one.imports))]
        .filter((name) => !this.#descriptors.has(name) && !asked.has(name));
      if (missing.length === 0) return;
      const answers = await this.#ask(missing.map((value) => ({ case: "fileByFilename", value })));
      for (const [i, name] of missing.entries()) {
        asked.add(name);
        // A file whose options alone are used may be missing: whether it matters shows when the files are put together.
        if (!isNotFound(answers[i])) await this.#keep(answers[i], name);
      }
    }
  }

  /** Asks all at once. @returns The answers in the order of the questions. */
  async #ask(questions: readonly Question[]): Promise<Answer[]> {
    if (this.#version !== undefined) return await this.#askIn(this.#version, questions);
    for (const version of VERSIONS.keys()) {
      try {
        const answers = await this.#askIn(version, questions);
        this.#version = version;
        return answers;
      } catch (error) {
        if (!(error instanceof RpcError && error.code === Status.UNIMPLEMENTED) || answersNoGrpc(error)) throw error;
      }
    }
    throw new NoReflection(
      `${this.label} does not tell what services it has: it serves no reflection; give its .proto files instead`,
    );
  }

  async #askIn(version: number, questions: readonly Question[]): Promise<Answer[]> {
    async function* requests() {
      for (const messageRequest of questions) yield { messageRequest };
    }
    const answers: Answer[] = [];
    for await (const { messageResponse } of this.#clients[version]!.serverReflectionInfo(requests(), this.#call)) {
      answers.push(messageResponse);
    }
    if (answers.length !== questions.length) {
      throw new SchemaError(`${this.label} gave ${answers.length} answers to ${questions.length} questions`);
    }
    return answers;
  }

  #refusal(what: string, answer: Answer): Error {
    if (answer?.case !== "errorResponse") {
      return new SchemaError(`${this.label} was asked for ${what} and answers with ${answer?.case ?? "nothing"}`);
    }
    return new RpcError(answer.value.errorCode, `${this.label} was asked for ${what}: ${answer.value.errorMessage}`);
  }
}

const isNotFound = (answer: Answer) => answer?.case === "errorResponse" && answer.value.errorCode === Status.NOT_FOUND;
