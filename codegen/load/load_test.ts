import { assertEquals, assertStringIncludes } from "@std/assert";
import { emitFile } from "../emit/emit.ts";
import { readProtoFiles } from "../files.ts";
import { loadProto } from "./load.ts";

const HEAD = `syntax = "proto3";\npackage p;\n`;

function generate(files: Record<string, string>): string {
  const loaded = loadProto("a.proto", (name) => files[name]);
  return emitFile("a.proto", loaded, { kit: "kit", specifier: (proto) => `./${proto}.ts` });
}

Deno.test("emitFile() gives the same text for the same input", () => {
  const files = { "a.proto": HEAD + "message M { string a = 1; }\nservice S { rpc Then(M) returns (stream M); }" };
  assertEquals(generate(files), generate(files));
  assertStringIncludes(generate(files), "then_: ServerStreaming<M, M>");
});

const COMMENTED = HEAD + `
// Detached.

// Ends */ here.
message M { // Behind the brace.
  // The a.
  //   - indented
  string a = 1;
  string b = 2; // The b.
  // Before c.
  string c = 3;  // Behind c.

  /* One line. */
  string d = 4;
  /**
   * Several
   * lines.
   */
  oneof some_choice {
    bool e = 5; /* The e. */ bool f = 6;
  }
  enum Kind { // The kind.
    // Nothing.
    NONE = 0;
    ONE = 1; // One.
    TWO = 2 [deprecated = true];
  }
}

service S {
  // The call.
  rpc Call(M) returns (M); // Behind the call.
  rpc Other(M) returns (M) { // The other.
    option deprecated = true;
  }
}
`;

Deno.test("emitFile() makes docs of the comments before and behind declarations, and none can end a doc comment", () => {
  const text = generate({ "a.proto": COMMENTED });
  for (
    const doc of [
      "/**\n * Ends *\\/ here.\n *\n * Behind the brace.\n */\nexport interface M",
      "/**\n * The a.\n *   - indented\n */\na: string;",
      "/** The b. */\nb: string;",
      "/**\n * Before c.\n *\n * Behind c.\n */\nc: string;",
      "/** One line. */\nd: string;",
      "/**\n * Several\n * lines.\n */\nsomeChoice?:",
      "/** The kind. */\nexport enum M_Kind",
      "/** Nothing. */\nNONE = 0,",
      "/** One. */\nONE = 1,",
      "/**\n * TWO.\n *\n * @deprecated\n */\nTWO = 2,",
      "/**\n * The call.\n *\n * Behind the call.\n */\ncall: Unary<M, M>;",
      "/**\n * The other.\n *\n * @deprecated\n */\nother: Unary<M, M>;",
    ]
  ) assertStringIncludes(text, doc);
  assertEquals(text.includes("Detached"), false);
});

Deno.test("loadProto() warns of imports that nothing uses, and of no other", () => {
  const files: Record<string, string> = {
    "a.proto": HEAD + `import "b.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/descriptor.proto";
import "google/api/annotations.proto";
import "c.proto";
extend google.protobuf.FieldOptions { string my_mark = 50000; }
message M { google.protobuf.Duration time = 1 [(p.my_mark) = "here"]; D d = 2; }
service S { rpc Get(M) returns (M) { option (google.api.http) = { get: "/v1/m" additional_bindings { get: "/m" } }; } }`,
    "b.proto": HEAD + "message B {}",
    "c.proto": HEAD + `import public "d.proto";`,
    "d.proto": HEAD + "message D {}",
  };
  const file = loadProto("a.proto", (name) => files[name]).get("a.proto")!;
  assertEquals(file.warnings.map(({ message }) => message), [
    "a.proto:3:8: nothing of b.proto is used; remove the import",
    "a.proto:5:8: nothing of google/protobuf/empty.proto is used; remove the import",
  ]);
  assertEquals(file.imports, ["google/protobuf/duration.proto", "c.proto"]);
});

Deno.test("loadProto() takes what a file imports beside an Any for what the Any may hold", () => {
  const any = `import "google/protobuf/any.proto";`;
  const files: Record<string, string> = {
    "a.proto": HEAD + `import "held.proto"; import "google/api/annotations.proto"; ${any}
message M { google.protobuf.Any any = 1; }
service S { rpc Get(M) returns (M) { option (google.api.http) = { get: "/v1/m" }; } }`,
    "b.proto": HEAD + `import "held.proto"; import "a.proto"; message B { M m = 1; }`,
    "c.proto": HEAD + `import "held.proto"; ${any} message C {}`,
    "held.proto": HEAD + "message Held {}",
  };
  const load = (name: string) => loadProto(name, (one) => files[one]).get(name)!;
  const [a, b, c] = ["a.proto", "b.proto", "c.proto"].map(load);
  assertEquals([a!.imports, a!.warnings], [["held.proto", "google/protobuf/any.proto"], []]);
  assertEquals([b!.imports, b!.warnings], [["held.proto", "a.proto"], []]);
  assertEquals([c!.imports, c!.warnings.length], [[], 2]);
});

Deno.test("loadProto() takes a file that does not say its syntax for proto2, and warns", () => {
  const { warnings, syntax } = loadProto("a.proto", () => "message M { optional int32 a = 1; }").get("a.proto")!;
  assertEquals(syntax, "proto2");
  assertEquals(warnings.length, 1);
});

Deno.test("emitFile() keeps the options of descriptor.proto by name, and custom ones encoded", () => {
  const text = generate({
    "a.proto": HEAD + `import "google/protobuf/descriptor.proto";
option (mark) = { list: [1, 2] };
option (mark).name = "b";
extend google.protobuf.FileOptions { Mark mark = 50000; }
extend google.protobuf.EnumValueOptions { string text = 50000; }
message Mark { repeated int32 list = 1 [packed = false]; string name = 2; }
enum E { ZERO = 0 [(text) = "z", deprecated = true]; }
service S { rpc A(Mark) returns (Mark) { option idempotency_level = IDEMPOTENT; } }`,
  });
  for (
    const kept of [
      `{"custom_options":"${Uint8Array.fromHex("82b51807" + "08010802" + "120162").toBase64()}"}`,
      `{"packed":false}`,
      `{"ZERO":{"deprecated":true,"custom_options":"${Uint8Array.fromHex("82b51801" + "7a").toBase64()}"}}`,
      `{"idempotency_level":"IDEMPOTENT"}`,
      `"extensions":[{"name":"mark","number":50000,"label":"LABEL_OPTIONAL","type":"TYPE_MESSAGE","typeName":".p.Mark",` +
      `"extendee":".google.protobuf.FileOptions","jsonName":"mark"},`,
    ]
  ) assertStringIncludes(text, kept);
});

Deno.test("types are found as protoc does: outwards from where they are named", () => {
  const files: Record<string, string> = {
    "a.proto": HEAD + `import "b.proto";
message Near { enum Kind { NO = 0; } }
message Kind {}
message M { message In { message Kind {} } Kind kind = 1; b.Thing thing = 2; oneof o { Kind other = 3; } }
service S { rpc A(Near) returns (b.Thing); }`,
    "b.proto": `syntax = "proto3";\npackage p.b;\nmessage Thing {}`,
  };
  const text = generate(files);
  assertStringIncludes(text, "kind?: Kind;");
  assertStringIncludes(text, "thing?: Thing;");
  const read = JSON.stringify(readProtoFiles(["a.proto"], (name) => files[name]).get("a.proto")!.descriptor)
    .replaceAll(',"comment":null', "");
  for (const descriptor of [text, read]) {
    assertStringIncludes(descriptor, `"kind":{"type":".p.Kind","id":1}`);
    assertStringIncludes(descriptor, `"other":{"type":".p.Kind","id":3}`);
  }
});

Deno.test("emitFile() keeps public imports, and the names of oneofs, for descriptors", () => {
  const text = generate({
    "a.proto": HEAD +
      `// import public "c.proto";\nimport public "b.proto";\nimport "c.proto";\nimport "google/protobuf/any.proto";\n` +
      "message M { oneof the_one { B b = 1; C c = 2; } oneof other { google.protobuf.Any d = 3; } optional bool e_f = 4; }",
    "b.proto": HEAD + "message B {}",
    "c.proto": HEAD + "message C {}",
  });
  assertStringIncludes(text, `protoFile("a.proto", {`);
  assertStringIncludes(text, ", [B_PROTO, C_PROTO, pb.ANY_PROTO], [B_PROTO]);");
  assertStringIncludes(text, `"theOne":{"options":{"proto_name":"the_one"},"oneof":["b","c"]},"other":{"oneof":["d"]}`);
});
