import { type Refused, testRefused } from "../tests/refused_protos.ts";

// What protoc refuses in options, defaults and extensions. protoc 35 judged each of them.

const PROTO3 = `syntax = "proto3";\n`;
const PROTO2 = `syntax = "proto2";\n`;
const field = (type: string, value: string) => `${PROTO2}message M { optional ${type} a = 1 [default = ${value}]; }`;
const TYPES = `${PROTO3}import "google/protobuf/descriptor.proto"; import "google/protobuf/any.proto";
message O { double f = 1; uint32 u = 2; bool b = 3; google.protobuf.Any any = 4; }
extend google.protobuf.FileOptions { O o = 50000; }
`;
const GROUP = `syntax = "proto2"; import "google/protobuf/descriptor.proto";
message O { optional group Gr = 1 { optional int32 x = 1; } }
extend google.protobuf.FileOptions { optional O o = 50000; }
`;
const extensions = (options: string, field = "") =>
  `${PROTO2}message M { ${options} }${field && ` extend M { ${field}; }`}`;
const declared = (fields: string) => `extensions 1 to 5 [declaration = { number: 1, ${fields} }];`;
const ANY = "is no message that is known here; import its file, and write it within an Any";

const DEFAULTS: Refused[] = [
  ...["int32", "bytes", "bool", "M"].map((type): Refused => {
    const wants = type === "int32"
      ? "an integer from -2147483648 to 2147483647"
      : type === "bytes"
      ? "a text in quotes"
      : "true or false";
    return type === "M"
      ? [
        "a fraction as the default of a message",
        field("M", "1.0").replace("default", "¦default"),
        "a message has no default; remove it",
      ]
      : [
        `a fraction as the default of a field of ${type}`,
        field(type, "¦1.0"),
        `default can't be 1.0; write ${wants}`,
      ];
  }),
  [
    "-0 as the default of what has no sign",
    field("uint32", "-¦0"),
    "default can't be -0; write an integer from 0 to 4294967295",
  ],
  [
    "a hexadecimal default of a double beyond 64 bits",
    field("double", "¦0x10000000000000000"),
    "default can't be 0x10000000000000000; write a number",
  ],
];

const OPTIONS: Refused[] = [
  [
    "features in proto3",
    `${PROTO3}option ¦features.field_presence = EXPLICIT;`,
    "features are for editions; remove the option",
  ],
  [
    "map_entry",
    `${PROTO3}message M { option ¦map_entry = false; }`,
    "map_entry can't be set; declare a field of the type map<KEY, VALUE>",
  ],
  [
    "an option beyond 64 bits in hexadecimal",
    `${TYPES}option (o).f = ¦0x10000000000000000;`,
    "(o).f can't be 0x10000000000000000; write a number",
  ],
  [
    "an octal number for a double in braces",
    `${TYPES}option (o) = { f: ¦010 };`,
    "f can't be 010; write a decimal number",
  ],
  [
    "a word of the text format outside of braces",
    `${TYPES}option (o).f = ¦infinity;`,
    "(o).f can't be infinity; write a number",
  ],
  [
    "-0 in an option without sign",
    `${TYPES}option (o).u = -¦0;`,
    "(o).u can't be -0; write an integer from 0 to 4294967295",
  ],
  [
    "-0 without sign in braces",
    `${TYPES}option (o) = { u: -¦0 };`,
    "u can't be -0; write an integer from 0 to 4294967295",
  ],
  ["-1 for a bool", `${TYPES}option (o) = { b: -¦1 };`, "b can't be -1; write true or false"],
  ["an Any of another host", `${TYPES}option (o) = { any { ¦[a.com/O] {} } };`, `a.com/O ${ANY}`],
  [
    "an Any with a longer path",
    `${TYPES}option (o) = { any { ¦[type.googleapis.com/a/O] {} } };`,
    `type.googleapis.com/a/O ${ANY}`,
  ],
  [
    "an Any that is set twice",
    `${TYPES}option (o) = { any { type_url: "a" ¦[type.googleapis.com/O] {} } };`,
    "the Any is set already; remove one",
  ],
  [
    "the URL of an Any that is set already",
    `${TYPES}option (o) = { any { [type.googleapis.com/O] {} ¦type_url: "a" } };`,
    "type_url is set already, or another field of its oneof; remove one",
  ],
  [
    "an option that goes into a group by the name of its type",
    `${PROTO3}import "b.proto";\noption ¦(o).Gr.x = 1;`,
    `O has no field Gr; did you mean "gr"?`,
    { "b.proto": GROUP },
  ],
  [
    "an import of a file for the lite runtime",
    `${PROTO3}import ¦"b.proto";\nmessage M { N n = 1; }`,
    "the file is for the lite runtime; write here too: option optimize_for = LITE_RUNTIME;",
    { "b.proto": `${PROTO3}option optimize_for = LITE_RUNTIME; message N {}` },
  ],
];

const EXTENSIONS: Refused[] = [
  [
    "an enum in a map that does not begin with 0",
    `${PROTO2}enum E { A = 1; }\nmessage M { map<int32, ¦E> a = 1; }`,
    "the first value of E is not 0, as it must be in a map; take another enum",
  ],
  [
    "message_set_wire_format in proto3",
    `${PROTO3}message ¦M { option message_set_wire_format = true; }`,
    "proto3 has no message_set_wire_format; remove the option",
  ],
  [
    "a field in a message with message_set_wire_format",
    `${PROTO2}message M { option message_set_wire_format = true; optional int32 ¦a = 1; }`,
    "a message with message_set_wire_format has no fields; remove a",
  ],
  [
    "an extension of a message with message_set_wire_format that is no message",
    `${PROTO2}message M { option message_set_wire_format = true; extensions 4 to max; } extend M { optional ¦int32 a = 4; }`,
    "extensions of M, which has message_set_wire_format, are optional messages; make a one",
  ],
  [
    "a declaration outside of its range",
    extensions(`extensions 1 to 5 [¦declaration = { number: 9, full_name: ".a", type: "int32" }];`),
    "the declaration of extension 9 is not in the range; move it",
  ],
  [
    "a declaration that comes twice",
    extensions(
      `extensions 1 to 5 [declaration = { number: 1, full_name: ".a", type: "int32" }, ¦declaration = { number: 1, full_name: ".b", type: "int32" }];`,
    ),
    "the declaration of extension 1 comes twice; remove one",
  ],
  [
    "two declarations of one name",
    extensions(
      `extensions 1 to 5 [declaration = { number: 1, full_name: ".a", type: "int32" }, ¦declaration = { number: 2, full_name: ".a", type: "int32" }];`,
    ),
    "the declaration of extension 2 has the name .a, as another has; rename one",
  ],
  [
    "a declaration without a type",
    extensions(declared(`full_name: ".a"`).replace("declaration", "¦declaration")),
    "the declaration of extension 1 needs both full_name and type; write them",
  ],
  [
    "a declaration without a dot",
    extensions(declared(`full_name: ".a", type: "B"`).replace("declaration", "¦declaration")),
    "the declaration of extension 1 names B; write a full name with a dot in front",
  ],
  [
    "declarations of what is not verified",
    extensions(
      `¦extensions 1 to 5 [verification = UNVERIFIED, declaration = { number: 1, full_name: ".a", type: "int32" }];`,
    ),
    "extensions that are declared are not UNVERIFIED; remove one of the options",
  ],
  [
    "an extension that is not declared",
    extensions(declared(`full_name: ".a", type: "int32"`), "optional int32 b = ¦2"),
    "the extension 2 of M is not declared there, as those of its range are; declare it or take another number",
  ],
  [
    "an extension where all must be declared",
    extensions("extensions 1 to 5 [verification = DECLARATION];", "optional int32 b = ¦2"),
    "the extension 2 of M is not declared there, as those of its range are; declare it or take another number",
  ],
  [
    "an extension whose number is reserved",
    extensions(declared("reserved: true"), "optional int32 a = ¦1"),
    "the extension 1 of M is reserved there; take another number",
  ],
  ...["optional string a", "optional int32 b", "repeated int32 a"].map((text): Refused => [
    `an extension that is declared as another than ${text}`,
    extensions(declared(`full_name: ".a", type: "int32"`), `${text} = ¦1`),
    "the extension 1 of M is declared there as int32 .a; make it so",
  ]),
];

testRefused([...DEFAULTS, ...OPTIONS, ...EXTENSIONS]);
