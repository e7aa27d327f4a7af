import { type Declaration, type Kind, numberOf } from "./outline.ts";
import { article } from "./problem.ts";
import type { Comment, Source, Token } from "./tokens.ts";

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
  readonly #tokens: readonly Token[];
  #next = 0;
  #package = "";
  #depth = 0;

  constructor(source: Source, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  /** The file with all that is in it. */
  file(): Declaration {
    const file: Declaration = {
      kind: "file",
      name: this.#tokens[0]!,
      parent: undefined,
      fullName: "",
      children: [],
      options: [],
    };
    while (this.#peek().text !== "") this.#statement(file);
    return file;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #is(text: string): boolean {
    if (this.#peek().text !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): Token {
    const token = this.#peek();
    if (token.text === text) return this.#take();
    const before = this.#tokens[this.#next - 1] ?? token;
    if (text === ";") {
      throw this.#source.problem(before.end, `write ; after ${before.text}${token.text && `, before ${token.text}`}`);
    }
    throw this.#unexpected(token, `write ${text} after ${before.text}`);
  }

  #word(what: string, pattern = /^[A-Za-z_]\w*$/): Token {
    const token = this.#peek();
    return pattern.test(token.text) ? this.#take() : this.#fail(token, `write ${what} here`);
  }

  #type(what: string): Token {
    return this.#word(what, /^\.?[A-Za-z_]/);
  }

  #string(what: string): Token {
    return this.#word(`${what} in quotes`, /^["']/);
  }

  #number(): Token {
    const token = this.#peek();
    return Number.isNaN(numberOf(token.text)) ? this.#fail(token, "write a whole number here") : this.#take();
  }

  #fail(token: Token, remedy: string): never {
    throw this.#unexpected(token, remedy);
  }

  #unexpected(token: Token, remedy: string) {
    return this.#source.problem(
      token.at,
      `${token.text === "" ? "the file ends too early" : `${token.text} is not expected`}; ${remedy}`,
    );
  }

  #statement(parent: Declaration): void {
    const first = this.#peek();
    if (this.#is(";")) return;
    if (first.text === "}") this.#fail(first, "remove it, or look for a } too many before it");
    // Keywords are no more than names where a field or an enum's value needs one.
    const isName = parent.kind === "enum"
      ? this.#peek(1).text === "="
      : fieldsIn(parent) && first.text !== "option" && this.#peek(2).text === "=";
    if (INSIDE[parent.kind]!.includes(first.text) && !isName) {
      this.#take();
      return this.#known(first, parent);
    }
    if (parent.kind === "enum") return this.#value(first, parent);
    if (fieldsIn(parent)) return this.#field(first, parent);
    const may = INSIDE[parent.kind]!.join(", ");
    this.#fail(first, `what may stand in ${article(parent.kind)} is: ${may}`);
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
        return this.#block(first, this.#declare(first.text as Kind, this.#word(`the ${first.text}'s name`), parent));
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

  /** Notes the comments of a statement that began at `first` and whose head has just ended. */
  #comment(first: Token, one: Declaration): void {
    const { text } = this.#source;
    const isAlone = ({ at }: Comment) => text.slice(0, at).split("\n").at(-1)!.trim() === "";
    const lines: string[] = [];
    let next = this.#source.lineAt(first.at);
    for (const comment of first.comments.toReversed()) {
      if (!isAlone(comment) && comment.at > 0) break;
      const gap = next - this.#source.lineAt(comment.end);
      if (gap > 1) break;
      lines.unshift(comment.text);
      next = this.#source.lineAt(comment.at);
    }
    const last = this.#tokens[this.#next - 1]!;
    const [after] = this.#peek().comments;
    const line = this.#source.lineAt(last.end);
    const trails = after && this.#source.lineAt(after.at) === line && this.#source.lineAt(this.#peek().at) !== line;
    const parts = [lines.join("\n"), trails ? after.text : ""].map((part) => part.trim()).filter((part) => part !== "");
    if (parts.length > 0) one.comment = parts.join("\n\n");
  }

  /** The end of a statement that has no block. */
  #end(first: Token, one: Declaration): void {
    this.#expect(";");
    this.#comment(first, one);
  }

  #block(first: Token, one: Declaration): void {
    const open = this.#expect("{");
    this.#comment(first, one);
    if (++this.#depth > MAX_DEPTH) {
      throw this.#source.problem(open.at, `this is nested more than ${MAX_DEPTH} deep; move it out`);
    }
    while (!this.#is("}")) {
      if (this.#peek().text === "") {
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
    this.#expect("=");
    this.#declare("syntax", this.#string("the syntax"), parent);
    this.#expect(";");
  }

  #packageOf(first: Token, parent: Declaration): void {
    const name = this.#word("the package's name", /^[A-Za-z_][\w.]*$/);
    if (parent.children.some(({ kind }) => ["message", "enum", "service", "extend"].includes(kind))) {
      throw this.#source.problem(first.at, "the package comes too late; write it before all that it holds");
    }
    this.#end(first, this.#declare("package", name, parent));
    this.#package = name.text;
  }

  #import(first: Token, parent: Declaration): void {
    const label = /^(public|weak)$/.test(this.#peek().text) ? this.#take() : undefined;
    this.#end(first, this.#declare("import", this.#string("the file's name"), parent, { label }));
  }

  #field(first: Token, parent: Declaration): void {
    const label = /^(optional|repeated|required)$/.test(first.text) ? this.#take() : undefined;
    const map = this.#peek().text === "map" && this.#peek(1).text === "<";
    if (map) this.#next += 2;
    const keyType = map ? this.#word("the type of the map's keys") : undefined;
    if (map) this.#expect(",");
    const type = this.#type(map ? "the type of the map's values" : "a field: its type, name and number");
    if (map) this.#expect(">");
    if (this.#peek().text === "=") {
      this.#fail(this.#peek(), `write a type before the name ${type.text}, or a name after the type`);
    }
    // The names of groups begin with capitals, or a type called "group" could not be told from them.
    const group = type.text === "group" && /^[A-Z]/.test(this.#peek().text);
    const name = this.#word("the field's name");
    if (this.#peek().text !== "=") this.#fail(this.#peek(), `write = and the field's number after ${name.text}`);
    this.#take();
    const number = this.#number();
    const one = this.#declare(group ? "group" : "field", name, parent, { label, type, keyType, number });
    this.#brackets(one);
    if (group) this.#block(first, one);
    else this.#end(first, one);
  }

  #value(first: Token, parent: Declaration): void {
    const name = this.#word("a value: its name and number");
    if (this.#peek().text !== "=") this.#fail(this.#peek(), `write = and the value's number after ${name.text}`);
    this.#take();
    const one = this.#declare("value", name, parent, { number: this.#number() });
    this.#brackets(one);
    this.#end(first, one);
  }

  #rpc(first: Token, parent: Declaration): void {
    const one = this.#declare("rpc", this.#word("the method's name"), parent);
    one.type = this.#message("takes");
    this.#expect("returns");
    one.output = this.#message("gives");
    if (this.#peek().text === "{") return this.#block(first, one);
    this.#end(first, one);
  }

  /** `(M)` or `(stream M)`. */
  #message(does: string): Token {
    this.#expect("(");
    if (this.#peek().text === "stream" && this.#peek(1).text !== ")") this.#take();
    const type = this.#type(`the message that the method ${does}`);
    this.#expect(")");
    return type;
  }

  #extend(first: Token, parent: Declaration): void {
    const type = this.#type("the message that is extended");
    const one = this.#declare("extend", type, parent, { type });
    this.#block(first, one);
    one.span = [first.at, this.#tokens[this.#next - 1]!.end];
  }

  #ranges(first: Token, parent: Declaration): void {
    const one = this.#declare(first.text as Kind, first, parent, { ranges: [], reservedNames: [] });
    const most = parent.kind === "enum" ? MAX_VALUE : MAX_FIELD;
    do {
      if (first.text === "reserved" && /^["']/.test(this.#peek().text)) one.reservedNames!.push(this.#take());
      else {
        const at = this.#number();
        const from = numberOf(at.text);
        const to = this.#is("to") ? (this.#is("max") ? most : numberOf(this.#number().text)) : from;
        one.ranges!.push({ at, from, to });
      }
    } while (this.#is(","));
    this.#brackets(one);
    this.#expect(";");
  }

  #option(parent: Declaration): void {
    this.#setting(parent, [";"]);
    this.#expect(";");
  }

  #brackets(one: Declaration): void {
    if (!this.#is("[")) return;
    do this.#setting(one, [",", "]"]); while (this.#is(","));
    this.#expect("]");
  }

  /** `name = value`, up to one of the ends. */
  #setting(one: Declaration, ends: readonly string[]): void {
    const at = this.#peek();
    let name = "";
    while (this.#peek().text !== "=") {
      if (!/^[\w.()]+$/.test(this.#peek().text)) this.#fail(this.#peek(), "write an option: name = value");
      name += this.#take().text;
    }
    this.#take();
    const value = this.#peek();
    if (ends.includes(value.text)) this.#fail(value, `write the value of ${name} here`);
    let depth = 0;
    while (depth > 0 || !ends.includes(this.#peek().text)) {
      const { text } = this.#peek();
      if (text === "" || (depth === 0 && /^(;|\})$/.test(text))) this.#expect(ends.at(-1)!);
      // A value is one token, several strings, or what is in braces: another word begins another statement.
      if (depth === 0 && this.#peek() !== value && !/^["'}\]{>[<]/.test(text)) this.#expect(ends.at(-1)!);
      if (/^[{[<]$/.test(text)) depth++;
      if (/^[}\]>]$/.test(text)) depth--;
      this.#take();
    }
    one.options.push({ at, name, value, end: this.#tokens[this.#next - 1]!.end });
  }
}

const fieldsIn = ({ kind }: Declaration) => ["message", "group", "oneof", "extend"].includes(kind);
