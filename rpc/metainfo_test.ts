import { assert, assertEquals, assertThrows } from "@std/assert";
import { Metadata, type MetadataValue } from "./metadata.ts";
import {
  addMetainfo,
  allowList,
  mergeMetainfo,
  MetainfoMap,
  NO_METAINFO,
  readBackward,
  readMetainfo,
} from "./metainfo.ts";
import { currentScope, withMetainfo } from "./context.ts";

const entries = (map: ReadonlyMap<string, string>) => Object.fromEntries(map);

Deno.test("addMetainfo() writes keys in lower case with - instead of _", () => {
  const outgoing = mergeMetainfo(NO_METAINFO, {
    persistent: { CLIENT_NAME: "a" },
    transient: { "mixed-Case_key": "b" },
  });
  assertEquals([...addMetainfo(new Metadata(), outgoing)], [["rpc-persist-client-name", "a"], [
    "rpc-transit-mixed-case-key",
    "b",
  ]]);
});

Deno.test("readMetainfo() reads keys in upper case with _ instead of -, keeps the first of a name, and ignores empty values", () => {
  const { persistent, transient } = readMetainfo([
    ["rpc-persist-client-name", "first"],
    ["rpc-persist-client_name", "second"],
    ["rpc-persist-empty", ""],
    ["rpc-persist-", "no key"],
    ["rpc-persist-broken", "a\nb"],
    ["rpc-persist-blank", " \t"],
    ["rpc-persist-bob", "bob "],
    ["rpc-persist-bytes-bin", new Uint8Array(0)],
    ["rpc-transit-once", "1"],
    ["rpc-backward-x", "a request has no such thing"],
    ["other", "x"],
  ]);
  assertEquals([entries(persistent), entries(transient)], [{ CLIENT_NAME: "first", BOB: "bob" }, { ONCE: "1" }]);
});

Deno.test("readMetainfo() accepts only the keys of the allow-list", () => {
  const { persistent } = readMetainfo([["rpc-persist-a", "1"], ["rpc-persist-b-c", "2"]], allowList(["b_c"]));
  assertEquals(entries(persistent), { B_C: "2" });
});

Deno.test("readBackward() reads the backward values of a trailer", () => {
  assertEquals(entries(readBackward([["rpc-backward-mood", "fine"], ["rpc-persist-x", "1"]])), { MOOD: "fine" });
});

Deno.test("MetainfoMap rejects keys and values that would not arrive unchanged", () => {
  const map = new MetainfoMap();
  for (const value of ["", " \t", "a\r\nb", "a\nb", "a\0", "\x7f", "\ud800", 5 as unknown as string]) {
    assertThrows(() => map.set("KEY", value), TypeError, "metainfo");
  }
  for (const key of ["", "a b", "a\nb", "ключ", "a:b"]) {
    assertThrows(() => map.set(key, "x"), TypeError, "metainfo key");
  }
  assertEquals(map.size, 0);
  assertEquals(map.set("client-name", "北京").get("CLIENT_NAME"), "北京");
  assertEquals(map.set("name", "\tbob ").get("NAME"), "bob");
});

Deno.test("the value of a key that ends in _BIN may be any text, and is sent as bytes", () => {
  for (const key of ["TOKEN_BIN", "token-bin", "bin"]) {
    for (const text of [" a\r\n\0\tb ", "北京 😀", "\ufeff"]) {
      const sent = addMetainfo(new Metadata(), mergeMetainfo(NO_METAINFO, { persistent: { [key]: text } }));
      const [[name, value]] = [...sent] as [[string, MetadataValue]];
      assert(name.endsWith("-bin") && value instanceof Uint8Array);
      assertEquals(readMetainfo(sent).persistent.get(key), text);
    }
    const map = new MetainfoMap();
    for (const value of ["", "\ud800", "é\udcff"]) assertThrows(() => map.set(key, value), TypeError, "metainfo");
  }
});

Deno.test("bytes that are not valid UTF-8 reach the next hop unchanged", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const { persistent, transient } = readMetainfo([["rpc-persist-x-bin", bytes]]);
  assertEquals([...addMetainfo(new Metadata(), { persistent, transient })], [["rpc-persist-x-bin", bytes]]);
});

Deno.test("withMetainfo() adds to the surrounding values, and concurrent scopes never see each other's values", async () => {
  const see = async (name: string) => {
    await withMetainfo({ persistent: { NAME: name } }, async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        assertEquals(entries(currentScope().outgoing.persistent), { OUTER: "1", NAME: name });
      }
    });
    assertEquals(entries(currentScope().outgoing.persistent), { OUTER: "1" });
  };
  await withMetainfo({ persistent: { OUTER: "1" } }, () => Promise.all([see("a"), see("b")]));
  assertEquals(currentScope().outgoing.persistent.size, 0);
});

Deno.test("a key arrives as Kitex delivers it: in upper case with _ instead of -", () => {
  const sent = mergeMetainfo(NO_METAINFO, { persistent: { CLIENT_NAME: "a", "mixed-Case_key": "b" } });
  const { persistent } = readMetainfo(addMetainfo(new Metadata(), sent));
  assertEquals(entries(persistent), { CLIENT_NAME: "a", MIXED_CASE_KEY: "b" });
});

Deno.test("mergeMetainfo() does not change its base, and the new value of a key wins in any spelling", () => {
  const base = mergeMetainfo(NO_METAINFO, { persistent: { A_B: "1" }, transient: { T: "1" } });
  const next = mergeMetainfo(base, { persistent: new Map([["a-b", "2"]]) });
  assertEquals([entries(base.persistent), entries(next.persistent)], [{ A_B: "1" }, { A_B: "2" }]);
  assertEquals(entries(next.transient), { T: "1" });
  assertEquals([NO_METAINFO.persistent.size, NO_METAINFO.transient.size], [0, 0]);
});

Deno.test("withMetainfo() rejects a value that could split a header, and does not run its function", () => {
  let ran = false;
  for (const value of ["a\r\nrpc-persist-admin: 1", "a\n", "", " "]) {
    const call = () => withMetainfo({ persistent: { KEY: value } }, () => ran = true);
    assertThrows(call, TypeError, `metainfo "KEY"`);
  }
  assertEquals(ran, false);
});
