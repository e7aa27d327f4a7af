import { commentOf } from "./comments.ts";
import { fullNames } from "./full_names.ts";
import { readOption } from "./option_reader.ts";
import type { Declaration, Kind } from "./outline.ts";
import { article } from "../problem.ts";
import { TokenReader } from "./token_reader.ts";
import { textOf } from "./strings.ts";
import type { Source, Token } from "./tokens.ts";

/**
 * The words that begin a statement in a declaration of a kind. A message's other statements are fields, an enum's are
 * values.
 */
const INSIDE: Partial<Record<Kind, readonly Kind[] | readonly string[]>> = {
  file: ["package", "import", "option", "message", "enum", "service", "extend"],
  message: ["message", "enum", "extend", "option", "oneof", "reserved", "extensions"],
  group: ["message", "enum", "extend", "option", "oneof", "reserved", "extensions"],
  enum: ["option", "reserved"],
  service: ["option", "rpc"],
  oneof: ["option"],
  extend: [],
  rpc: ["option"],
};

/** How deep messages may be declared in messages, as in protoc. */
export const MAX_MESSAGE_DEPTH = 31;
/** The most characters and parts of a package's name, as in protoc. */
export const MAX_PACKAGE_CHARACTERS = 511;
export const MAX_PACKAGE_PARTS = 101;
/** The largest number of a field, and of an enum's value. */
export const MAX_FIELD_NUMBER = 536_870_911;
export const MAX_VALUE = 2_147_483_647;

/**
 * Finds the declarations of a .proto file.
 *
 * @throws {ProtoProblem} If the text does not have the shape of one.
 */
export function outline(source: Source): Declaration {
  return new Outliner(source).file();
}

/** Reads the declarations of a file, in the grammar of protoc. */
class Outliner {
  readonly #source: Source;
  readonly #tokens: TokenReader;
  /** The year of an edition; undefined for proto2 and proto3. */
  #edition: string | undefined;
  #depth = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#tokens = new TokenReader(source);
  }

  /** The file with all that is in it. */
  file(): Declaration {
    const name = this.#tokens.peek();
    const file: Declaration = { kind: "file", name, parent: undefined, fullName: "", children: [], options: [] };
    if (this.#tokens.sees("syntax") || this.#tokens.sees("edition")) this.#syntax(file);
    while (this.#tokens.peek().kind !== "end") this.#statement(file);
    fullNames(file);
    return file;
  }

  #statement(parent: Declaration): void {
    const first = this.#tokens.peek();
    if (parent.kind !== "oneof" && parent.kind !== "extend" && this.#tokens.is(";")) return;
    if (first.text === "}") this.#tokens.fail(first, "remove it, or look for a } too many before it");
    const visibility = this.#visibility(parent);
    const { text } = this.#tokens.peek();
    if ((INSIDE[parent.kind] as readonly string[]).includes(text)) {
      this.#tokens.take();
      return this.#known(first, text as Kind | "option", parent, visibility);
    }
    if (parent.kind === "enum") return this.#value(first, parent);
    if (fieldsIn(parent)) return this.#field(first, parent);
    if (parent.kind === "file" && (text === "syntax" || text === "edition")) {
      throw this.#source.problem(first.at, `the ${text} comes too late; make it the first line, and the only one`);
    }
    const may = INSIDE[parent.kind]!.join(", ");
    this.#tokens.fail(first, `what may stand in ${article(parent.kind)} is: ${may}`);
  }

  /** From edition 2024 on `export` and `local` are no names of types before a message or an enum. */
  #visibility({ kind }: Declaration): Token | undefined {
    if (this.#edition === undefined || this.#edition < "2024" || !/^(file|message|group)$/.test(kind)) return;
    return this.#tokens.is("export") || this.#tokens.is("local") ? this.#tokens.last : undefined;
  }

  #known(first: Token, kind: Kind | "option", parent: Declaration, visibility: Token | undefined): void {
    switch (kind) {
      case "package":
        return this.#package(first, parent);
      case "import":
        return this.#import(first, parent);
      case "option":
        readOption(this.#tokens, parent);
        return void this.#tokens.expect(";");
      case "rpc":
        return this.#rpc(first, parent);
      case "extend": {
        const type = this.#tokens.type("the message that is extended");
        return this.#block(first, this.#declare(kind, type, parent, { type }));
      }
      case "reserved":
      case "extensions":
        return this.#ranges(first, kind, parent);
      default: {
        const name = this.#tokens.word(`the ${kind}'s name`);
        this.#block(first, this.#declare(kind, name, parent, visibility && { visibility }));
      }
    }
  }

  #declare(kind: Kind, name: Token, parent: Declaration, more: Partial<Declaration> = {}): Declaration {
    const made: Declaration = { kind, name, parent, fullName: "", children: [], options: [], ...more };
    parent.children.push(made);
    return made;
  }

  /** The end of a statement that has no block. */
  #end(first: Token, one: Declaration): void {
    this.#tokens.expect(";");
    one.comment = commentOf(this.#source, first, this.#tokens);
  }

  #block(first: Token, one: Declaration): void {
    const open = this.#tokens.expect("{");
    one.comment = commentOf(this.#source, first, this.#tokens);
    const isMessage = one.kind === "message" || one.kind === "group";
    if (isMessage && ++this.#depth > MAX_MESSAGE_DEPTH) {
      throw this.#source.problem(open.at, `this is nested more than ${MAX_MESSAGE_DEPTH} deep; move it out`);
    }
    while (!this.#tokens.is("}")) {
      if (this.#tokens.peek().kind === "end") {
        throw this.#source.problem(
          open.at,
          `the { of ${one.kind} ${one.name.text} is never closed; write } at its end`,
        );
      }
      this.#statement(one);
    }
    if (isMessage) this.#depth--;
  }

  #syntax(file: Declaration): void {
    const first = this.#tokens.take();
    this.#tokens.expect("=");
    const kind = first.text as "syntax" | "edition";
    const name = this.#tokens.string(`the ${kind}`);
    this.#end(first, this.#declare(kind, name, file));
    if (kind === "edition") this.#edition = textOf(name);
  }

  #package(first: Token, parent: Declaration): void {
    const name = this.#tokens.dotted("the package's name");
    if (name.text.length > MAX_PACKAGE_CHARACTERS || name.text.split(".").length > MAX_PACKAGE_PARTS) {
      const most = `${MAX_PACKAGE_CHARACTERS} characters and ${MAX_PACKAGE_PARTS} parts`;
      throw this.#source.problem(name.at, `the name of a package has at most ${most}; shorten it`);
    }
    this.#end(first, this.#declare("package", name, parent));
  }

  #import(first: Token, parent: Declaration): void {
    const label = /^(public|weak|option)$/.test(this.#tokens.peek().text) ? this.#tokens.take() : undefined;
    this.#end(first, this.#declare("import", this.#tokens.string("the file's name"), parent, { label }));
  }

  #field(first: Token, parent: Declaration): void {
    const label = /^(optional|repeated|required)$/.test(first.text) ? this.#tokens.take() : undefined;
    const map = this.#tokens.sees("map") && this.#tokens.peek(1).text === "<";
    if (map) {
      this.#tokens.take();
      this.#tokens.take();
    }
    const keyType = map ? this.#tokens.type("the type of the map's keys") : undefined;
    if (map) this.#tokens.expect(",");
    const type = this.#tokens.type(map ? "the type of the map's values" : "a field: its type, name and number");
    if (map) this.#tokens.expect(">");
    if (this.#tokens.sees("=")) {
      this.#tokens.fail(this.#tokens.peek(), `write a type before the name ${type.text}, or a name after the type`);
    }
    const name = this.#tokens.word("the field's name");
    if (!this.#tokens.sees("=")) {
      this.#tokens.fail(this.#tokens.peek(), `write = and the field's number after ${name.text}`);
    }
    this.#tokens.take();
    const number = this.#tokens.number();
    const kind = type.text === "group" && !map ? "group" : "field";
    const one = this.#declare(kind, name, parent, { label, type, keyType, number });
    this.#brackets(one);
    if (kind === "group") this.#block(first, one);
    else this.#end(first, one);
  }

  #value(first: Token, parent: Declaration): void {
    const name = this.#tokens.word("a value: its name and number");
    if (!this.#tokens.sees("=")) {
      this.#tokens.fail(this.#tokens.peek(), `write = and the value's number after ${name.text}`);
    }
    this.#tokens.take();
    const one = this.#declare("value", name, parent, { number: this.#tokens.number() });
    this.#brackets(one);
    this.#end(first, one);
  }

  #rpc(first: Token, parent: Declaration): void {
    const one = this.#declare("rpc", this.#tokens.word("the method's name"), parent);
    const input = this.#message("takes");
    this.#tokens.expect("returns");
    const output = this.#message("gives");
    Object.assign(one, { type: input.type, output: output.type });
    one.streams = { input: input.isStream, output: output.isStream };
    if (this.#tokens.sees("{")) return this.#block(first, one);
    this.#end(first, one);
  }

  /** `(M)` or `(stream M)`. */
  #message(does: string): { type: Token; isStream: boolean } {
    this.#tokens.expect("(");
    const isStream = this.#tokens.is("stream");
    const type = this.#tokens.type(`the message that the method ${does}`);
    this.#tokens.expect(")");
    return { type, isStream };
  }

  #ranges(first: Token, kind: "reserved" | "extensions", parent: Declaration): void {
    const one = this.#declare(kind, first, parent, { ranges: [], reservedNames: [] });
    const names = kind === "reserved" && (this.#edition ? "word" : "string");
    if (this.#tokens.peek().kind === names) {
      do {
        one.reservedNames!.push(
          names === "word" ? this.#tokens.word("a name") : this.#tokens.string("a name"),
        );
      } while (this.#tokens.is(","));
    } else {
      const most = parent.kind === "enum" ? MAX_VALUE : MAX_FIELD_NUMBER;
      do {
        const { token: at, value: from } = this.#tokens.integer();
        const isMax = this.#tokens.is("to") && this.#tokens.is("max");
        const to = isMax ? most : this.#tokens.last.text === "to" ? this.#tokens.integer().value : from;
        one.ranges!.push({ at, from, to, isMax });
      } while (this.#tokens.is(","));
      if (kind === "extensions") this.#brackets(one);
    }
    this.#tokens.expect(";");
  }

  #brackets(one: Declaration): void {
    if (!this.#tokens.is("[")) return;
    do readOption(this.#tokens, one); while (this.#tokens.is(","));
    this.#tokens.expect("]");
  }
}

const fieldsIn = ({ kind }: Declaration) => ["message", "group", "oneof", "extend"].includes(kind);
