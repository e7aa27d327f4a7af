import type { Declaration, Kind } from "./outline.ts";
import { numberOf } from "./numbers.ts";
import { article } from "./problem.ts";
import { readOption } from "./option_reader.ts";
import { commentOf, TokenReader } from "./token_reader.ts";
import type { Source, Token } from "./tokens.ts";

/** What may stand in a declaration of a kind, and what reads it. A message's other statements are fields, an enum's are values. */
const INSIDE: Partial<Record<Kind, readonly string[]>> = {
  file: ["syntax", "edition", "package", "import", "option", "message", "enum", "service", "extend"],
  message: ["message", "enum", "extend", "option", "oneof", "reserved", "extensions"],
  group: ["message", "enum", "extend", "option", "oneof", "reserved", "extensions"],
  enum: ["option", "reserved"],
  service: ["option", "rpc"],
  oneof: ["option"],
  extend: [],
  rpc: ["option"],
};

/** That of protoc. */
const MAX_DEPTH = 32;
const MAX_FIELD = 536_870_911;
const MAX_VALUE = 2_147_483_647;

/** Reads the declarations of a file. */
export class Outliner {
  readonly #source: Source;
  readonly #tokens: TokenReader;
  #package = "";
  #depth = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#tokens = new TokenReader(source);
  }

  /** The file with all that is in it. */
  file(): Declaration {
    const file: Declaration = {
      kind: "file",
      name: this.#tokens.peek(),
      parent: undefined,
      fullName: "",
      children: [],
      options: [],
    };
    while (this.#tokens.peek().text !== "") this.#statement(file);
    return file;
  }

  #statement(parent: Declaration): void {
    const first = this.#tokens.peek();
    if (this.#tokens.is(";")) return;
    if (first.text === "}") this.#tokens.fail(first, "remove it, or look for a } too many before it");
    // Keywords are no more than names where a field or an enum's value needs one.
    const isName = parent.kind === "enum"
      ? this.#tokens.peek(1).text === "="
      : fieldsIn(parent) && first.text !== "option" && this.#tokens.peek(2).text === "=";
    if (INSIDE[parent.kind]!.includes(first.text) && !isName) {
      this.#tokens.take();
      return this.#known(first, parent);
    }
    if (parent.kind === "enum") return this.#value(first, parent);
    if (fieldsIn(parent)) return this.#field(first, parent);
    const may = INSIDE[parent.kind]!.join(", ");
    this.#tokens.fail(first, `what may stand in ${article(parent.kind)} is: ${may}`);
  }

  #known(first: Token, parent: Declaration): void {
    switch (first.text) {
      case "syntax":
      case "edition":
        return this.#syntax(first, parent);
      case "package":
        return this.#packageOf(first, parent);
      case "import":
        return this.#import(first, parent);
      case "option":
        return this.#option(parent);
      case "rpc":
        return this.#rpc(first, parent);
      case "extend":
        return this.#extend(first, parent);
      case "reserved":
      case "extensions":
        return this.#ranges(first, parent);
      default:
        return this.#block(
          first,
          this.#declare(first.text as Kind, this.#tokens.word(`the ${first.text}'s name`), parent),
        );
    }
  }

  #declare(kind: Kind, name: Token, parent: Declaration, more: Partial<Declaration> = {}): Declaration {
    let scope = parent;
    while (scope.kind === "oneof" || scope.kind === "extend") scope = scope.parent!;
    const outer = scope.parent ? scope.fullName : this.#package;
    const fullName = outer === "" ? name.text : `${outer}.${name.text}`;
    const made: Declaration = { kind, name, parent, fullName, children: [], options: [], ...more };
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
    if (++this.#depth > MAX_DEPTH) {
      throw this.#source.problem(open.at, `this is nested more than ${MAX_DEPTH} deep; move it out`);
    }
    while (!this.#tokens.is("}")) {
      if (this.#tokens.peek().text === "") {
        throw this.#source.problem(
          open.at,
          `the { of ${one.kind} ${one.name.text} is never closed; write } at its end`,
        );
      }
      this.#statement(one);
    }
    this.#depth--;
  }

  #syntax(first: Token, parent: Declaration): void {
    if (first.text === "edition") {
      throw this.#source.problem(first.at, `editions are not supported; begin the file with: syntax = "proto3";`);
    }
    this.#tokens.expect("=");
    this.#declare("syntax", this.#tokens.string("the syntax"), parent);
    this.#tokens.expect(";");
  }

  #packageOf(first: Token, parent: Declaration): void {
    const name = this.#tokens.word("the package's name", /^[A-Za-z_][\w.]*$/);
    if (parent.children.some(({ kind }) => ["message", "enum", "service", "extend"].includes(kind))) {
      throw this.#source.problem(first.at, "the package comes too late; write it before all that it holds");
    }
    this.#end(first, this.#declare("package", name, parent));
    this.#package = name.text;
  }

  #import(first: Token, parent: Declaration): void {
    const label = /^(public|weak)$/.test(this.#tokens.peek().text) ? this.#tokens.take() : undefined;
    this.#end(first, this.#declare("import", this.#tokens.string("the file's name"), parent, { label }));
  }

  #field(first: Token, parent: Declaration): void {
    const label = /^(optional|repeated|required)$/.test(first.text) ? this.#tokens.take() : undefined;
    const map = this.#tokens.peek().text === "map" && this.#tokens.peek(1).text === "<";
    if (map) {
      this.#tokens.take();
      this.#tokens.take();
    }
    const keyType = map ? this.#tokens.word("the type of the map's keys") : undefined;
    if (map) this.#tokens.expect(",");
    const type = this.#tokens.type(map ? "the type of the map's values" : "a field: its type, name and number");
    if (map) this.#tokens.expect(">");
    if (this.#tokens.peek().text === "=") {
      this.#tokens.fail(this.#tokens.peek(), `write a type before the name ${type.text}, or a name after the type`);
    }
    // The names of groups begin with capitals, or a type called "group" could not be told from them.
    const group = type.text === "group" && /^[A-Z]/.test(this.#tokens.peek().text);
    const name = this.#tokens.word("the field's name");
    if (this.#tokens.peek().text !== "=") {
      this.#tokens.fail(this.#tokens.peek(), `write = and the field's number after ${name.text}`);
    }
    this.#tokens.take();
    const number = this.#tokens.number();
    const one = this.#declare(group ? "group" : "field", name, parent, { label, type, keyType, number });
    this.#brackets(one);
    if (group) this.#block(first, one);
    else this.#end(first, one);
  }

  #value(first: Token, parent: Declaration): void {
    const name = this.#tokens.word("a value: its name and number");
    if (this.#tokens.peek().text !== "=") {
      this.#tokens.fail(this.#tokens.peek(), `write = and the value's number after ${name.text}`);
    }
    this.#tokens.take();
    const one = this.#declare("value", name, parent, { number: this.#tokens.number() });
    this.#brackets(one);
    this.#end(first, one);
  }

  #rpc(first: Token, parent: Declaration): void {
    const one = this.#declare("rpc", this.#tokens.word("the method's name"), parent);
    one.type = this.#message("takes");
    this.#tokens.expect("returns");
    one.output = this.#message("gives");
    if (this.#tokens.peek().text === "{") return this.#block(first, one);
    this.#end(first, one);
  }

  /** `(M)` or `(stream M)`. */
  #message(does: string): Token {
    this.#tokens.expect("(");
    if (this.#tokens.peek().text === "stream" && this.#tokens.peek(1).text !== ")") this.#tokens.take();
    const type = this.#tokens.type(`the message that the method ${does}`);
    this.#tokens.expect(")");
    return type;
  }

  #extend(first: Token, parent: Declaration): void {
    const type = this.#tokens.type("the message that is extended");
    const one = this.#declare("extend", type, parent, { type });
    this.#block(first, one);
    one.span = [first.at, this.#tokens.last.end];
  }

  #ranges(first: Token, parent: Declaration): void {
    const one = this.#declare(first.text as Kind, first, parent, { ranges: [], reservedNames: [] });
    const most = parent.kind === "enum" ? MAX_VALUE : MAX_FIELD;
    do {
      if (first.text === "reserved" && /^["']/.test(this.#tokens.peek().text)) {
        one.reservedNames!.push(this.#tokens.take());
      } else {
        const at = this.#tokens.number();
        const from = numberOf(at.text);
        const to = this.#tokens.is("to")
          ? (this.#tokens.is("max") ? most : numberOf(this.#tokens.number().text))
          : from;
        one.ranges!.push({ at, from, to });
      }
    } while (this.#tokens.is(","));
    this.#brackets(one);
    this.#tokens.expect(";");
  }

  #option(parent: Declaration): void {
    readOption(this.#tokens, parent, [";"]);
    this.#tokens.expect(";");
  }

  #brackets(one: Declaration): void {
    if (!this.#tokens.is("[")) return;
    do readOption(this.#tokens, one, [",", "]"]); while (this.#tokens.is(","));
    this.#tokens.expect("]");
  }
}

const fieldsIn = ({ kind }: Declaration) => ["message", "group", "oneof", "extend"].includes(kind);
