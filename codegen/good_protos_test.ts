import { assertEquals } from "@std/assert";
import { emitFile } from "./emit/emit.ts";
import { loadProto } from "./load/load.ts";

const HEAD = `syntax = "proto3";\n`;
const OPTIONS = `${HEAD}package p;\nimport "google/protobuf/descriptor.proto";\n`;

/** What protoc accepts, and looks as if it might not. Other files, if any. */
const GOOD: [what: string, text: string, others?: Record<string, string>][] = [
  // The text.
  [
    "names in parts over lines and comments",
    `${HEAD}package a . /* of */ b\n.c;\nmessage M { .a.\n// here\nb . c\n.M m = 1; map<string, a.b./**/c.M> n = 2; }
     service S { rpc A(.a . b.c.M) returns (stream\na.b\n.c.M); }`,
  ],
  [
    "comments that touch words",
    `${HEAD}message/**/M/**/{/**/int32/**/x/**/=/**/1/**/[/**/deprecated/**/=/**/true/**/]/**/;/**/}`,
  ],
  ["comments that hold other ends of lines", `${HEAD}// a\u2028b\u2029c\rd }}}\nmessage M {} // \ufeff\u00a0`],
  ["a byte order mark", `\ufeff${HEAD}message M {}`],
  ["ends of lines of all kinds", `${HEAD}message M {\r\n\tint32 a = 1;\r\v\f}`],
  [
    "strings in parts and with escapes",
    `syntax = "pro" 'to\\x33';\nimport "b" /**/ ".proto";\nmessage M { reserved "\\141" "b", 'c'; }`,
    {
      "b.proto": HEAD,
    },
  ],
  [
    "numbers in all forms",
    `${HEAD}message M { int32 a = 0X1F; int32 b = 017; reserved 0x20 to 0X2f; } enum E { Z = 0; N = - 0x1; }`,
  ],
  [
    "statements that are empty",
    `${HEAD};;message M { ; int32 a = 1; ; } enum E { ; A = 0; ; } service S { ; rpc A(M) returns (M) { ; }; }`,
  ],
  ["the package behind what it holds", `${HEAD}message M { p.M m = 1; }\npackage p;`],
  // Names.
  ...["map", "export", "local", "service", "stream", "to", "max", "inf", "public", "returns", "syntax", "rpc", "group"]
    .map((
      name,
    ): [string, string] => [
      `a type called ${name}`,
      `${HEAD}package p;\nmessage ${name} {} message M { p.${name} a = 1; repeated p.${name} b = 2; map<string, p.${name}> c = 3; }`,
    ]),
  [
    "fields called like keywords",
    `${HEAD}message M { int32 message = 1; int32 option = 2; int32 reserved = 3; oneof oneof { int32 map = 4; } }`,
  ],
  ["values called like their scope's neighbours", `${HEAD}message A { enum E { Z = 0; } } enum F { Z = 0; }`],
  [
    "a oneof like the one of an optional field",
    `${HEAD}message M { optional int32 a = 1; oneof _a { int32 b = 2; } int32 X_a = 3; }`,
  ],
  [
    "fields that differ in case, which is said",
    `${HEAD}message M { option deprecated_legacy_json_field_conflicts = true; int32 a_b = 1; int32 aB = 2; }`,
  ],
  [
    "an inner type found before an outer one",
    `${HEAD}package a;\nmessage M { message a { message T {} } a.T t = 1; .a.M m = 2; }`,
  ],
  ["a field that hides no type", `${HEAD}message T {} message M { int32 T = 1; T t = 2; }`],
  ["a method that has the name of a type", `${HEAD}message S {} service T { rpc S(.S) returns (.S); }`],
  // Imports.
  ["an import of what others import publicly", `${HEAD}import "b.proto";\nmessage M { C c = 1; }`, {
    "b.proto": `${HEAD}import public "c.proto";`,
    "c.proto": `${HEAD}message C {}`,
  }],
  ["a weak import", `${HEAD}import weak "google/protobuf/any.proto";`],
  [
    "one package in files and as a part of another",
    `${HEAD}package a.b;\nimport "b.proto";\nmessage M { a.N n = 1; }`,
    {
      "b.proto": `${HEAD}package a;\nmessage N {}`,
    },
  ],
  [
    "the types that describe types",
    `${HEAD}import "google/protobuf/api.proto";\nimport "google/protobuf/type.proto";
     message M { google.protobuf.Api api = 1; repeated google.protobuf.Field.Kind kinds = 2; google.protobuf.Type type = 3; }`,
  ],
  // Options.
  [
    "options on an extension",
    `${OPTIONS}extend google.protobuf.FieldOptions { int32 a = 50000 [deprecated = true, (b) = "x"]; string b = 50001; }`,
  ],
  [
    "a built-in option that is repeated",
    `${OPTIONS}extend google.protobuf.FieldOptions { int32 a = 50000 [targets = TARGET_TYPE_FIELD, targets = TARGET_TYPE_FILE]; }
     message M { int32 x = 1 [(a) = 1]; }`,
  ],
  [
    "options in all forms",
    `${OPTIONS}import "google/protobuf/any.proto";
     enum E { Z = 0; ONE = 1; }
     message O { int32 a = 1; repeated O b = 2; map<string, E> c = 3; oneof d { string e = 4; bytes f = 5; } google.protobuf.Any any = 6; double g = 7; bool h = 8; }
     extend google.protobuf.MessageOptions { O o = 50000; repeated E es = 50001; double inf = 50002; sint64 least = 50003; }
     message M {
       option (p.o) = { a: -1, b { a: 0x10; } b: [{}, <e: 'x' "y">] c { key: "k" value: ONE } f: "\\377" g: inf h: t
         any { [type.googleapis.com/p.O] { a: 2 } } };
       option (o).b = { a: 3 };
       option (.p.es) = ONE; option (es) = Z;
       option (inf) = -inf; option (least) = -9223372036854775808;
     }`,
  ],
  [
    "fields in braces that are reserved by now",
    `${OPTIONS}message O { reserved "old"; int32 a = 1; } extend google.protobuf.FileOptions { O o = 50000; }
     option (o) = { old: 1 old: "x" old { b: [1, 2] } a: 1 };`,
  ],
  [
    "bools as numbers in braces",
    `${OPTIONS}message O { repeated bool a = 1; } extend google.protobuf.FileOptions { O o = 50000; }
     option (o) = { a: [00, 01, 0x1, 0, t, False] };`,
  ],
  [
    "a group in options, by its name and in braces by that of its type",
    `${HEAD}import "b.proto";\noption (o) = { gr { x: 1 } }; message M { option (m) = { Gr { x: 1 } }; option (n).gr.x = 1; }`,
    {
      "b.proto": `syntax = "proto2"; import "google/protobuf/descriptor.proto";
        message O { optional group Gr = 1 { optional int32 x = 1; } }
        extend google.protobuf.FileOptions { optional O o = 50000; }
        extend google.protobuf.MessageOptions { optional O m = 50000; optional O n = 50001; }`,
    },
  ],
  [
    "two files that extend a message by one number, which is but a warning of protoc",
    `syntax = "proto2";\nimport "b.proto"; import "c.proto";`,
    {
      "b.proto": `syntax = "proto2"; message M { extensions 1 to 9; } extend M { optional int32 a = 1; }`,
      "c.proto": `syntax = "proto2"; import "b.proto"; extend M { optional int32 b = 1; }`,
    },
  ],
  [
    "extensions as they are declared",
    `syntax = "proto2";\nmessage M { extensions 1 to 9 [declaration = { number: 1, full_name: ".a", type: ".M", repeated: true },
       declaration = { number: 2, reserved: true }]; } extend M { repeated M a = 1; }`,
  ],
  [
    "comments of the text format in options",
    `${OPTIONS}message O { int32 a = 1; O b = 2; } extend google.protobuf.FileOptions { O o = 50000; }
     option (o) = { # one\n a: 1 # two: 3\n b { # three\n } # four };`,
  ],
  [
    "options of an extension in a message",
    `${OPTIONS}message X { extend google.protobuf.FileOptions { X x = 50000; } int32 a = 1; }
     option (X.x).a = 1;`,
  ],
  [
    "a file needed for options, with types of descriptor.proto and what is not supported",
    `${HEAD}import "rules.proto";\nmessage M { int32 x = 1 [(rules).type = TYPE_INT32, (rules).group.a = 2]; }`,
    {
      "rules.proto": `syntax = "proto2";\nimport "google/protobuf/descriptor.proto";
        message Rules { optional google.protobuf.FieldDescriptorProto.Type type = 1; optional group Group = 2 { required int32 a = 1; } }
        extend google.protobuf.FieldOptions { optional Rules rules = 50000; }`,
    },
  ],
];

for (const [what, text, others] of GOOD) {
  Deno.test(`a .proto is accepted with ${what}`, () => {
    const files: Record<string, string> = { "a.proto": text, ...others };
    emitFile("a.proto", loadProto("a.proto", (name) => files[name]), { kit: "kit", specifier: (proto) => proto });
  });
}

Deno.test("names in JSON are what protoc makes of escapes", () => {
  const text = `${HEAD}message M {
    string a_b = 1; string x = 2 [json_name = "q" "r"]; string y = 3 [json_name = "\\u00e9\\U0001F600\\x41\\101\\n\\"\\ud83d\\ude00"]; }`;
  const { descriptor } = loadProto("a.proto", () => text).get("a.proto")!;
  assertEquals(descriptor.messageType![0]!.field!.map(({ jsonName }) => jsonName), ["aB", "qr", 'é😀AA\n"😀']);
});

Deno.test("a oneof that stands for an optional field has a name that is free", () => {
  const text =
    `${HEAD}message M { optional int32 a = 1; oneof _a { int32 b = 2; } int32 X_a = 3; optional int32 _c = 4; }`;
  const { descriptor } = loadProto("a.proto", () => text).get("a.proto")!;
  assertEquals(descriptor.messageType![0]!.oneofDecl!.map(({ name }) => name), ["_a", "XX_a", "X_c"]);
});

Deno.test("escapes stand for the bytes that protoc makes of them, also where these are no text", () => {
  const text = `${HEAD}message M { string a = 1 [(o) = "\\400\\x123\\ud800\\U00110000"]; }
    import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { bytes o = 50000; }`;
  const { descriptor } = loadProto("a.proto", (name) => name === "a.proto" ? text : undefined).get("a.proto")!;
  const bytes = Uint8Array.fromBase64(descriptor.messageType![0]!.field![0]!.options!.custom_options as string);
  assertEquals(bytes.toHex().slice(8), "00" + "1233" + "eda080" + new TextEncoder().encode("\\U00110000").toHex());
});

Deno.test("defaults of floats are written as protoc writes them", () => {
  const defaults = ["-inf", "1e1000", "-nan", "nan", "0x10", "010", "-.5"];
  const text = `syntax = "proto2"; message M {${
    defaults.map((value, i) => `optional double a${i} = ${i + 1} [default = ${value}];`).join("")
  }}`;
  const { descriptor } = loadProto("a.proto", () => text).get("a.proto")!;
  const found = descriptor.messageType![0]!.field!.map(({ defaultValue }) => defaultValue);
  assertEquals(found, ["-inf", "inf", "nan", "nan", "16", "8", "-0.5"]);
});
