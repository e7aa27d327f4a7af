import { assertEquals, assertThrows } from "@std/assert";
import { type Refused, testRefused } from "../tests/refused_protos.ts";
import { loadProto } from "./load/load.ts";
import { ProtoProblem } from "./problem.ts";

const HEAD = `syntax = "proto3";\npackage p;\n`;
const M = HEAD + "message M {}\n";
const PROTO2 = `syntax = "proto2";\n`;
const CUSTOM = HEAD + `import "google/protobuf/descriptor.proto";
message O { int32 name = 1; }
extend google.protobuf.FieldOptions { int32 f = 50000; O o = 50001; int32 m = 50002 [targets = TARGET_TYPE_MESSAGE]; }
`;

const BAD: Refused[] = [
  // The text.
  ["a comment without end", HEAD + "message A {\n  ¦/* no end\n}", "the comment is never closed; end it with */"],
  ["a character 0 in a comment", HEAD + "/* a¦\0b */", "U+0000 may not stand in a .proto file; remove it"],
  ["a string without end", HEAD + `import ¦"b.proto;\n`, `the string is not closed in its line; end it with "`],
  [
    "a strange sign",
    HEAD + "message A {\n  string a ¦＝ 1;\n}",
    `"＝" may stand in strings and comments only; remove it`,
  ],
  ["a lost semicolon", HEAD + "message A {\n  string a = 1¦\n  string b = 2;\n}", "write ; after 1, before string"],
  ["a lost semicolon at the end", HEAD + "message A { string a = 1¦ }", "write ; after 1, before }"],
  [
    "a lost semicolon after options",
    HEAD + "message A {\n  bool a = 1 [deprecated = true]¦\n  bool b = 2;\n}",
    "write ; after ], before bool",
  ],
  [
    "a lost bracket",
    HEAD + "message A {\n  bool a = 1 [deprecated = true¦;\n}",
    "; is not expected; write ] after true",
  ],
  [
    "a lost comma",
    HEAD + 'message A {\n  bool a = 1 [deprecated = true ¦json_name = "b"];\n}',
    "json_name is not expected; write ] after true",
  ],
  ["a lost }", HEAD + "message A ¦{\n  string a = 1;\n", "the { of message A is never closed; write } at its end"],
  ["a } too many", HEAD + "message A {}\n¦}", "} is not expected; remove it, or look for a } too many before it"],
  ["a lost =", HEAD + "message A {\n  string a ¦1;\n}", "1 is not expected; write = and the field's number after a"],
  ["a lost number", HEAD + "message A {\n  string a¦;\n}", "; is not expected; write = and the field's number after a"],
  [
    "a lost type",
    HEAD + "message A {\n  a ¦= 1;\n}",
    "= is not expected; write a type before the name a, or a name after the type",
  ],
  [
    "a word for a number",
    HEAD + "message A {\n  string a = ¦one;\n}",
    "one is not expected; write a whole number here",
  ],
  [
    "a fraction for a number",
    HEAD + "message A {\n  string a = ¦1.5;\n}",
    "1.5 is not expected; write a whole number here",
  ],
  [
    "a name that begins with a digit",
    HEAD + "message ¦1A {}",
    "1A is neither a number nor a name; names begin with a letter",
  ],
  [
    "a misspelt keyword",
    HEAD + "¦mesage A {}",
    "mesage is not expected; what may stand in a file is: package, import, option, message, enum, service, extend",
  ],
  [
    "a field in a service",
    M + "service S {\n  ¦string a = 1;\n}",
    "string is not expected; what may stand in a service is: option, rpc",
  ],
  ["a method without returns", M + "service S {\n  rpc A(M)¦;\n}", "; is not expected; write returns after )"],
  ["a method without parentheses", M + "service S {\n  rpc A ¦M returns (M);\n}", "M is not expected; write ( after A"],
  [
    "an import without quotes",
    HEAD + "import ¦b.proto;",
    "b is not expected; write the file's name in quotes here",
  ],
  [
    "an option without a value",
    HEAD + "option go_package = ¦;",
    "; is not expected; write the value of go_package here",
  ],
  // The file.
  [
    "no syntax",
    "message A {\n  ¦string a = 1;\n}",
    `a field of proto2 needs a label; write optional, repeated or required before its type, or begin the file with: syntax = "proto3";`,
  ],
  ["another syntax", 'syntax = ¦"proto4";', `there is no syntax proto4; begin the file with: syntax = "proto3";`],
  ["an edition", 'edition = ¦"2023";', `editions are not supported; begin the file with: syntax = "proto3";`],
  [
    "the syntax too late",
    'package p;\n¦syntax = "proto3";',
    "the syntax comes too late; make it the first line, and the only one",
  ],
  [
    "the syntax twice",
    HEAD + '¦syntax = "proto3";',
    "the syntax comes too late; make it the first line, and the only one",
  ],
  ["two packages", HEAD + "package ¦q;", "a file has one package only; remove this one"],
  [
    "a missing import",
    HEAD + 'import ¦"no.proto";',
    "there is no file no.proto; check the name or add its folder with -I",
  ],
  ["an import of itself", HEAD + 'import ¦"a.proto";', "the file imports itself; remove the import"],
  ["an import twice", HEAD + 'import "b.proto";\nimport ¦"b.proto";', "b.proto is imported twice; remove this line", {
    "b.proto": HEAD,
  }],
  [
    "an import that needs code that is not there",
    HEAD + 'import ¦"google/api/http.proto";\nmessage A { google.api.Http a = 1; }',
    "the types of google/api/http.proto do not come with Dinokit; get the file, name its folder with -I, and generate it too",
  ],
  // Names.
  ["a message twice", M + "message ¦M {}", "M is declared in line 3 already; rename one"],
  ["an enum like a message", M + "enum ¦M { A = 0; }", "M is declared in line 3 already; rename one"],
  [
    "a field twice",
    HEAD + "message A {\n  string a = 1;\n  string ¦a = 2;\n}",
    "a is declared in line 4 already; rename one",
  ],
  [
    "a field as in a oneof",
    HEAD + "message A {\n  string a = 1;\n  oneof o {\n    string ¦a = 2;\n  }\n}",
    "a is declared in line 4 already; rename one",
  ],
  [
    "a oneof like a field",
    HEAD + "message A {\n  string a = 1;\n  oneof ¦a {\n    string b = 2;\n  }\n}",
    "a is declared in line 4 already; rename one",
  ],
  [
    "a method twice",
    M + "service S {\n  rpc A(M) returns (M);\n  rpc ¦A(M) returns (M);\n}",
    "A is declared in line 5 already; rename one",
  ],
  [
    "a value of two enums",
    HEAD + "enum A { UNKNOWN = 0; }\nenum B { ¦UNKNOWN = 0; }",
    "UNKNOWN is declared in line 3 already; rename one (an enum's values share the scope of the enum)",
  ],
  [
    "two fields alike",
    HEAD + "message A {\n  bool a_b = 1;\n  bool ¦aB = 2;\n}",
    "the fields a_b and aB would both be aB in JSON; rename one",
  ],
  [
    "two fields alike in JSON",
    HEAD + "message A {\n  bool a1 = 1;\n  bool ¦a_1 = 2;\n}",
    "the fields a1 and a_1 would both be a1 in JSON; rename one",
  ],
  [
    "two fields with one json_name",
    HEAD + 'message A {\n  bool a = 1;\n  bool b = 2 [json_name = ¦"a"];\n}',
    "the fields a and b would both be a in JSON; rename one",
  ],
  [
    "a method that JavaScript would lose",
    M + "service S {\n  rpc ¦__proto__(M) returns (M);\n}",
    "__proto__ can't be a name in TypeScript; take another",
  ],
  [
    "a name that JavaScript keeps",
    HEAD + "enum A { B = 0; ¦__proto__ = 1; }",
    "__proto__ can't be a name in TypeScript; take another",
  ],
  [
    "a package that JavaScript keeps",
    `syntax = "proto3";\npackage ¦a.__proto__;\n`,
    "__proto__ can't be a name in TypeScript; take another",
  ],
  [
    "a message of another file",
    HEAD + 'import "b.proto";\nmessage ¦B {}',
    "p.B is declared in b.proto already; rename one",
    { "b.proto": HEAD + "message B {}" },
  ],
  // Fields.
  ["number 0", HEAD + "message A {\n  string a = ¦0;\n}", "the number 0 of a is not from 1 to 536870911; take another"],
  [
    "a negative number",
    HEAD + "message A {\n  string a = ¦-1;\n}",
    "the number -1 of a is not from 1 to 536870911; take another",
  ],
  [
    "a number too large",
    HEAD + "message A {\n  string a = ¦0x20000000;\n}",
    "the number 0x20000000 of a is not from 1 to 536870911; take another",
  ],
  [
    "a number of protobuf's",
    HEAD + "message A {\n  string a = ¦19999;\n}",
    "the number 19999 of a belongs to protobuf itself, as 19000 to 19999 do; take another",
  ],
  [
    "a number twice",
    HEAD + "message A {\n  string a = 1;\n  oneof o {\n    string b = ¦1;\n  }\n}",
    "a has the number 1 already; give b a number of its own",
  ],
  [
    "a reserved number",
    HEAD + "message A {\n  reserved 5 to 7;\n  string a = ¦6;\n}",
    "the number 6 of a is reserved in line 4; take another",
  ],
  [
    "a number reserved to the end",
    HEAD + "message A {\n  string a = ¦9;\n  reserved 5 to max;\n}",
    "the number 9 of a is reserved in line 5; take another",
  ],
  [
    "a reserved name",
    HEAD + 'message A {\n  reserved "a";\n  string ¦a = 6;\n}',
    "the name a is reserved; take another",
  ],
  [
    "ranges that overlap",
    HEAD + "message A {\n  reserved 1 to 5;\n  reserved ¦4;\n}",
    "the range overlaps with the one of line 4; make them one, or one smaller",
  ],
  ["a range from its end", HEAD + "message A {\n  reserved ¦5 to 4;\n}", "the range 5 to 4 is empty; write 4 to 5"],
  ["required", HEAD + "message A {\n  ¦required string a = 1;\n}", "proto3 has no required fields; remove required"],
  [
    "a default",
    HEAD + "message A {\n  int32 a = 1 [¦default = 2];\n}",
    "proto3 has no defaults but zero; remove default, or make the field optional",
  ],
  [
    "a group",
    PROTO2 + "message A {\n  optional ¦group G = 1 {\n    optional string a = 1;\n  }\n}",
    "groups are not supported; make G a message and a field of it",
  ],
  [
    "a field of proto2 without a label",
    PROTO2 + "message A {\n  ¦string a = 1;\n}",
    "a field of proto2 needs a label; write optional, repeated or required before its type",
  ],
  [
    "extensions in proto3",
    HEAD + "message A {\n  ¦extensions 4 to 5;\n}",
    "proto3 has no extensions; remove the line, or use google.protobuf.Any",
  ],
  [
    "a label in a oneof",
    HEAD + "message A {\n  oneof o {\n    ¦repeated string a = 1;\n  }\n}",
    "a field of a oneof has no label; remove repeated",
  ],
  [
    "a map in a oneof",
    HEAD + "message A {\n  oneof o {\n    map<string, ¦string> a = 1;\n  }\n}",
    "a map can't stand in a oneof; put it in a message and use that",
  ],
  [
    "a repeated map",
    HEAD + "message A {\n  ¦repeated map<string, string> a = 1;\n}",
    "a map has no label; remove repeated",
  ],
  [
    "a map by float",
    HEAD + "message A {\n  map<¦float, string> a = 1;\n}",
    "float can't be the type of a map's keys; use a string, bool or integer type",
  ],
  ["a map without values", HEAD + "message A {\n  map<string¦> a = 1;\n}", "> is not expected; write , after string"],
  ["an empty oneof", HEAD + "message A {\n  oneof ¦o {}\n}", "oneof o has no fields; give it one or remove it"],
  // Enums.
  [
    "an enum without zero",
    HEAD + "enum EchoKind {\n  A = ¦1;\n}",
    "the first value of enum EchoKind must be 0 in proto3; put a value such as ECHO_KIND_UNSPECIFIED = 0 before it",
  ],
  [
    "an enum with zero too late",
    HEAD + "enum E {\n  A = ¦1;\n  B = 0;\n}",
    "the first value of enum E must be 0 in proto3; put a value such as E_UNSPECIFIED = 0 before it",
  ],
  ["an empty enum", HEAD + "enum ¦E {}", "enum E has no values; give it one with the number 0"],
  [
    "two values of one number",
    HEAD + "enum E {\n  A = 0;\n  B = ¦0;\n}",
    "A has the number 0 already; give B a number of its own, or say in the enum: option allow_alias = true;",
  ],
  [
    "a value that is reserved",
    HEAD + "enum E {\n  A = 0;\n  B = ¦-3;\n  reserved -5 to -1;\n}",
    "the number -3 of B is reserved in line 6; take another",
  ],
  [
    "a value too large",
    HEAD + "enum E {\n  A = 0;\n  B = ¦2147483648;\n}",
    "the number 2147483648 of B does not fit 32 bits; take another",
  ],
  // Types.
  ["an unknown type", HEAD + "message A {\n  ¦Nope a = 1;\n}", "there is no type Nope; declare it or import its file"],
  ["a misspelt type", HEAD + "message Apple {\n  ¦Aple a = 1;\n}", `there is no type Aple; did you mean "Apple"?`],
  ["a misspelt scalar", HEAD + "message A {\n  ¦int a = 1;\n}", `there is no type int; did you mean int32?`],
  [
    "a type of another scope",
    HEAD + "message A { message B {} }\nmessage C {\n  ¦B b = 1;\n}",
    "there is no type B; did you mean p.A.B?",
  ],
  [
    "an unknown type of a method",
    M + "service S {\n  rpc A(¦Nope) returns (M);\n}",
    "there is no message Nope; declare it or import its file",
  ],
  [
    "a method that gives a scalar",
    M + "service S {\n  rpc A(M) returns (stream ¦string);\n}",
    "string is not a message; make one with a field of that type",
  ],
  [
    "a method that takes an enum",
    M + "enum E { A = 0; }\nservice S {\n  rpc A(¦E) returns (M);\n}",
    "E is an enum and not a message; name a message",
  ],
  [
    "a field of a service's type",
    M + "service S {}\nmessage A {\n  ¦S s = 1;\n}",
    "S is a service and not a type; name a type",
  ],
  [
    "a closed enum",
    HEAD + 'import "b.proto";\nmessage A {\n  map<string, ¦E> e = 1;\n  B b = 2;\n}',
    "E is an enum of proto2 (in b.proto), which no field of proto3 can have; declare an enum here, or make both files of one syntax",
    { "b.proto": PROTO2 + "package p;\nenum E { A0 = 1; }\nmessage B { optional E e = 1; }" },
  ],
  [
    "an enum of descriptor.proto",
    HEAD +
    'import "google/protobuf/descriptor.proto";\nmessage A {\n  ¦google.protobuf.FieldDescriptorProto.Type e = 1;\n}',
    "google.protobuf.FieldDescriptorProto.Type is an enum of proto2 (in google/protobuf/descriptor.proto), which no field " +
    "of proto3 can have; declare an enum here, or make both files of one syntax",
  ],
  [
    "a type that is not imported",
    HEAD + 'import "b.proto";\nmessage A {\n  B b = 1;\n  ¦C c = 2;\n}',
    'C is declared in c.proto; add: import "c.proto";',
    { "b.proto": HEAD + 'import "c.proto";\nmessage B { C c = 1; }', "c.proto": HEAD + "message C {}" },
  ],
  // Options.
  [
    "a misspelt option",
    HEAD + "message A {\n  bool a = 1 [¦depricated = true];\n}",
    `a field has no option depricated; did you mean "deprecated"?`,
  ],
  [
    "an unknown option",
    HEAD + "option ¦mine = 1;",
    "a file has no option mine; remove it, or put a custom option's name in parentheses: (mine)",
  ],
  [
    "values of an enum that differ in _ alone",
    HEAD + "enum LogLevel { LOG_LEVEL_NONE = 0; LOG_LEVEL_A_B = 1; ¦a__b = 2; AB = 3; LOGLEVEL = 4; }",
    "LOG_LEVEL_A_B and a__b are both AB without the enum's name and in camel case; rename one",
  ],
  [
    "an import with .",
    HEAD + 'import ¦"./b.proto";',
    "an import is a path from a folder of -I, without . or .. in it; write it so and add the folder with -I",
    { "./b.proto": HEAD },
  ],
  [
    "an option twice",
    HEAD + 'option go_package = "a";\noption ¦go_package = "b";',
    "the option go_package is set twice; remove one",
  ],
  [
    "a misspelt idempotency_level",
    M + "service S {\n  rpc A(M) returns (M) {\n    option idempotency_level = ¦NO_SIDE_EFECTS;\n  }\n}",
    `idempotency_level can't be NO_SIDE_EFECTS; write IDEMPOTENCY_UNKNOWN, NO_SIDE_EFFECTS or IDEMPOTENT; did you mean "NO_SIDE_EFFECTS"?`,
  ],
  [
    "an option that is no boolean",
    HEAD + "message A {\n  bool a = 1 [deprecated = ¦yes];\n}",
    "deprecated can't be yes; write true or false",
  ],
  [
    "an option that is no text",
    HEAD + "option go_package = ¦echo;",
    "go_package can't be echo; write a text in quotes",
  ],
  [
    "a packed string",
    HEAD + "message A {\n  repeated string a = 1 [¦packed = true];\n}",
    "only repeated numbers, bools and enums can be packed; remove the option",
  ],
  // What looks right at first sight.
  [
    "a byte order mark within",
    HEAD + "¦\ufeffmessage M {}",
    `"U+FEFF" may stand in strings and comments only; remove it`,
  ],
  ["a blank that is none", HEAD + "message¦\u00a0M {}", `"U+00A0" may stand in strings and comments only; remove it`],
  ["a control character", HEAD + "message M {¦\u001b}", `"U+001B" may stand in strings and comments only; remove it`],
  ["a comment in a comment", HEAD + "/* a ¦/* b */", "a comment can't stand in another; remove this /*"],
  [
    "an escape that does not exist",
    HEAD + `option java_package = "¦\\q";`,
    "there is no escape \\q; write \\\\ for a backslash",
  ],
  [
    "a number that is not octal",
    HEAD + "message M { int32 a = ¦08; }",
    "08 is not octal, as numbers that begin with 0 are; remove the 0",
  ],
  [
    "a list as the value of an option",
    HEAD + 'option java_package = ¦["a"];',
    "[ is not expected; write the value of java_package here",
  ],
  [
    "a type that begins with a keyword",
    HEAD + "message option {} message M { option ¦a = 1; }",
    "a message has no option a; remove it, or put a custom option's name in parentheses: (a)",
  ],
  [
    "a map's entries twice",
    HEAD + "message M { map<int32, int32> a = 1; message ¦AEntry {} }",
    "AEntry is declared in line 3 already; rename one (the entries of a map are a message of this name)",
  ],
  [
    "a field like a message in its message",
    HEAD + "message M { int32 a = 1; message ¦a {} }",
    "a is declared in line 3 already; rename one",
  ],
  [
    "a package that another file has as a message",
    `syntax = "proto3";\npackage ¦p.B;\nimport "b.proto";`,
    "p.B is declared in b.proto already; rename one",
    { "b.proto": HEAD + "message B {}" },
  ],
  [
    "a name that a nearer one hides",
    HEAD + "message T {} message M { message p {} ¦p.T t = 1; }",
    "p.T is looked for in p.M.p, which is nearer and has no such type; write .p.T if that is the full name",
  ],
  [
    "a package that hides google",
    `syntax = "proto3";\npackage my.google;\nimport "google/protobuf/any.proto";\nmessage M { ¦google.protobuf.Any a = 1; }`,
    "google.protobuf.Any is looked for in my.google, which is nearer and has no such type; write .google.protobuf.Any if that is the full name",
  ],
  [
    "a method that hides its type",
    M + "service S { rpc M(¦M) returns (.p.M); }",
    "M is a method and not a message; name a message",
  ],
  [
    "an alias that is none",
    HEAD + "enum E { option ¦allow_alias = true; A = 0; }",
    "allow_alias is of no use here: no two values share a number; remove the option",
  ],
  [
    "a json_name in brackets",
    HEAD + 'message M { int32 a = 1 [json_name = ¦"[a]"]; }',
    "json_name can't be in brackets, as extensions are in JSON; take another",
  ],
  [
    "a json_name with a character 0",
    HEAD + 'message M { int32 a = 1 [json_name = ¦"a\\0"]; }',
    "json_name can't hold the character 0; take another",
  ],
  [
    "lazy for a text",
    HEAD + "message M { string a = 1 [¦lazy = true]; }",
    "only messages can be lazy; remove the option",
  ],
  [
    "jstype for 32 bits",
    HEAD + "message M { int32 a = 1 [¦jstype = JS_STRING]; }",
    "jstype is for integers of 64 bits; remove the option",
  ],
  [
    "a reserved name that is escaped",
    HEAD + 'message M { reserved "\\x61"; int32 ¦a = 1; }',
    "the name a is reserved; take another",
  ],
  [
    "names and numbers reserved together",
    HEAD + 'message M { reserved 1, ¦"a"; }',
    '"a" is not expected; write a whole number here',
  ],
  // Custom options.
  [
    "a custom option that does not exist",
    HEAD + "message M { int32 a = 1 [¦(no.such).option = 1]; }",
    "there is no extension no.such; import the file that declares it",
  ],
  [
    "a custom option of another kind of declaration",
    CUSTOM + "option ¦(f) = 1;",
    "(f) extends google.protobuf.FieldOptions, and stands here for google.protobuf.FileOptions; use another option",
  ],
  [
    "a custom option of the wrong type",
    CUSTOM + 'message M { int32 a = 1 [(f) = ¦"x"]; }',
    `(f) can't be "x"; write an integer from -2147483648 to 2147483647`,
  ],
  [
    "a custom option too large",
    CUSTOM + "message M { int32 a = 1 [(f) = -¦2147483649]; }",
    "(f) can't be -2147483649; write an integer from -2147483648 to 2147483647",
  ],
  [
    "a custom option twice",
    CUSTOM + "message M { int32 a = 1 [(f) = 1, ¦(f) = 2]; }",
    "the option (f) is set twice; remove one",
  ],
  [
    "a field of a custom option that does not exist",
    CUSTOM + "message M { int32 a = 1 [(o) = { ¦nme: 1 }]; }",
    `p.O has no field nme; did you mean "name"?`,
  ],
  [
    "a field of a custom option twice",
    CUSTOM + "message M { int32 a = 1 [(o) = { name: 1 ¦name: 2 }]; }",
    "name is set already, or another field of its oneof; remove one",
  ],
  [
    "a custom option where it may not stand",
    CUSTOM + "message M { int32 a = 1 [¦(m) = 1]; }",
    "m can't stand at a field; move it, or remove it",
  ],
  [
    "an extension without a number for it",
    CUSTOM + "extend google.protobuf.FieldOptions { int32 g = ¦5; }",
    "google.protobuf.FieldOptions does not keep the number 5 for extensions; take another",
  ],
  [
    "an extension of a message in proto3",
    HEAD + 'import "b.proto";\nextend ¦B { int32 g = 5; }',
    "proto3 has extensions for options only; use google.protobuf.Any",
    { "b.proto": PROTO2 + "package p;\nmessage B { extensions 5; }" },
  ],
  // What is not supported.
  [
    "required in proto2",
    PROTO2 + "message A {\n  ¦required string a = 1;\n}",
    "required is not supported; make a optional, which is the same in bytes",
  ],
  [
    "a closed enum in proto2",
    PROTO2 + "enum E { A0 = 1; }\nmessage A { optional ¦E a = 1; }",
    "E is an enum of proto2, which keeps unknown numbers apart; that is not supported: move the enum to a file of proto3",
  ],
  [
    "a name that JavaScript keeps for itself",
    HEAD + "message ¦__proto__ {}",
    "__proto__ can't be a name in TypeScript; take another",
  ],
  [
    "a name of a file with a control character",
    HEAD + 'import ¦"a\\nb.proto";',
    "the name of a file can't hold control characters or line ends; rename the file",
    { "a\nb.proto": HEAD },
  ],
];

testRefused(BAD);

Deno.test("the places of mistakes are in the file that has them, wherever loading began", () => {
  const files: Record<string, string> = {
    "a.proto": HEAD + `import "b.proto";`,
    "b.proto": HEAD + `\n  import "a.proto";`,
  };
  const circle = assertThrows(() => loadProto("a.proto", (name) => files[name]), ProtoProblem);
  assertEquals(
    circle.message,
    "b.proto:4:10: the imports form a circle: a.proto -> b.proto -> a.proto; move what both need to a third file",
  );
  const none = assertThrows(() => loadProto("no.proto", () => undefined), ProtoProblem);
  assertEquals(none.message, "no.proto:1:1: no such file; check the name or add its folder with -I");
});

/** The lines that are said of a.proto, but for its name. */
function linesOf(files: Record<string, string>): string[] {
  const error = assertThrows(() => loadProto("a.proto", (name) => files[name]), ProtoProblem);
  return (error as ProtoProblem).message.split("\n").map((line) => line.replace(/^a\.proto:/, ""));
}

Deno.test("all mistakes of a .proto are said at once, in their order, and those of what it imports behind them", () => {
  const text = HEAD + `import "b.proto";
message A {
  string a = 0;
  string a = 2;
  Nope b = 2;
  required string c = 19000 [depricated = true];
  oneof o {}
}
enum E { F = 1; G = 1; }
service S { rpc a(A) returns (E); }
`;
  const own = [
    "5:14: the number 0 of a is not from 1 to 536870911; take another",
    "6:10: a is declared in line 5 already; rename one",
    "7:12: a has the number 2 already; give b a number of its own",
    "8:3: proto3 has no required fields; remove required",
    "8:23: the number 19000 of c belongs to protobuf itself, as 19000 to 19999 do; take another",
    `8:30: a field has no option depricated; did you mean "deprecated"?`,
    "9:9: oneof o has no fields; give it one or remove it",
    "11:14: the first value of enum E must be 0 in proto3; put a value such as E_UNSPECIFIED = 0 before it",
    "11:21: F has the number 1 already; give G a number of its own, or say in the enum: option allow_alias = true;",
  ];
  const unresolved = [
    "7:3: there is no type Nope; declare it or import its file",
    "12:31: E is an enum and not a message; name a message",
  ];
  assertEquals(linesOf({ "a.proto": text, "b.proto": HEAD }), [
    ...own.slice(0, 2),
    unresolved[0],
    ...own.slice(2, 10),
    unresolved[1],
  ]);
  // What types mean is known only with all imports.
  const second = "b.proto:2:9: a file has one package only; remove this one";
  assertEquals(linesOf({ "a.proto": text, "b.proto": `package q;\npackage r;` }), [...own, second]);
  assertEquals(
    linesOf({ "a.proto": text })[0],
    `3:8: there is no file b.proto; check the name or add its folder with -I`,
  );
});

Deno.test("of very many mistakes twenty are said, how many there are, and the last", () => {
  const fields = Array.from({ length: 30 }, (_, i) => `  Nope a${i} = ${i + 1};\n`);
  const lines = linesOf({ "a.proto": `${HEAD}message A {\n${fields.join("")}}` });
  assertEquals(lines.length, 21);
  assertEquals(lines[19], "23:3: there is no type Nope; declare it or import its file");
  assertEquals(lines[20], "33:3: the last of 10 more: there is no type Nope; declare it or import its file");
});
