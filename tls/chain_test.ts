import { assertEquals, assertMatch } from "@std/assert";
import {
  ascii,
  authority,
  der,
  extendedUsage,
  extension,
  forge,
  type Forged,
  makeKey,
  nameConstraints,
  names,
  usage,
  type Wish,
} from "../tests/tls/forge.ts";
import { parseCertificate } from "./certificate.ts";
import { chainProblem } from "./chain.ts";
import { Tag } from "./der.ts";

const HOUR_MS = 3600_000;
const root = forge({ name: "root", extensions: [authority()] });
const signed = (wish: Wish = {}) => forge({ issuer: root, ...wish });
const intermediate = (wish: Wish = {}) => signed({ name: "intermediate", extensions: [authority()], ...wish });

function problem(chain: Forged[], roots: Forged[] = [root], purpose: "server" | "client" = "client") {
  const authorities = roots.map(({ der }) => parseCertificate(der));
  return chainProblem(chain.map(({ der }) => der), authorities, purpose);
}

const NOBODY = "was not signed by a trusted authority";

Deno.test("chainProblem() finds none in a chain up to an authority, in any order", () => {
  const middle = intermediate();
  const own = forge({ issuer: middle, extensions: [extendedUsage("client", "server"), names("DNS:a.test")] });
  const stranger = forge({ name: "stranger" });
  assertEquals(problem([signed()]), undefined);
  for (const others of [[middle], [middle, root], [root, stranger, middle], [middle, middle]]) {
    assertEquals(problem([own, ...others]), undefined);
    assertEquals(problem([own, ...others], [root], "server"), undefined);
  }
  assertEquals(problem([own], [middle]), undefined);
});

for (const kind of ["p256", "p384", "p521", "rsa", "ed25519"] as const) {
  Deno.test(`chainProblem() checks the signatures of ${kind}`, () => {
    const top = forge({ name: "top", key: makeKey(kind), extensions: [authority()] });
    const own = forge({ issuer: top });
    assertEquals(problem([own], [top]), undefined);
    const damaged = own.der.slice();
    damaged[damaged.length - 1]! ^= 1;
    assertEquals(problem([{ ...own, der: damaged }], [top]), NOBODY);
    const other = forge({ name: "top", key: makeKey(kind), extensions: [authority()] });
    assertEquals(problem([own], [other]), NOBODY);
    assertEquals(problem([own], [other, top]), undefined);
  });
}

Deno.test("chainProblem() rejects SHA-1 and RSA keys of 1024 bits", () => {
  for (const kind of ["sha1", "rsa1024"] as const) {
    const top = forge({ name: "top", key: makeKey(kind), extensions: [authority()] });
    assertEquals(problem([forge({ issuer: top })], [top]), NOBODY, kind);
  }
});

Deno.test("chainProblem() rejects an empty chain and damaged certificates", () => {
  assertEquals(problem([]), "is missing");
  const bytes = signed().der;
  for (let length = 0; length < bytes.length; length += 7) {
    const part = { ...signed(), der: bytes.slice(0, length) };
    assertMatch(problem([part])!, /^can't be read: /);
    assertMatch(problem([signed(), part])!, /^can't be read: /);
  }
});

Deno.test("chainProblem() checks the dates of each certificate, and of the authority", () => {
  const past: Wish = { from: Date.now() - 2 * HOUR_MS, until: Date.now() - HOUR_MS };
  const future: Wish = { from: Date.now() + HOUR_MS, until: Date.now() + 2 * HOUR_MS };
  for (const [when, pattern] of [[past, /^has expired on /], [future, /^is not valid before /]] as const) {
    assertMatch(problem([signed(when)])!, pattern);
    const middle = intermediate(when);
    assertMatch(problem([forge({ issuer: middle }), middle])!, pattern);
    const top = forge({ name: "top", extensions: [authority()], ...when });
    assertMatch(problem([forge({ issuer: top })], [top])!, pattern);
    assertMatch(problem([top], [top])!, pattern);
  }
  assertEquals(problem([signed({ until: Date.UTC(2051, 0) })]), undefined);
});

Deno.test("chainProblem() rejects an issuer that is not an authority", () => {
  const none = "was signed by a certificate that is not an authority";
  const cases: [Uint8Array[], string | undefined][] = [
    [[], none],
    [[extension("551d13", der(Tag.SEQUENCE))], none],
    [[authority(), usage(false)], none],
    [[authority(), usage(true)], undefined],
    [[authority(0)], undefined],
  ];
  for (const [extensions, expected] of cases) {
    const middle = intermediate({ extensions });
    assertEquals(problem([forge({ issuer: middle }), middle]), expected);
    const top = forge({ name: "top", extensions });
    assertEquals(problem([forge({ issuer: top })], [top]), expected);
  }
  const shallow = intermediate({ extensions: [authority(0)] });
  const below = forge({ name: "below", issuer: shallow, extensions: [authority()] });
  assertEquals(problem([forge({ issuer: below }), below, shallow]), none);
});

Deno.test("chainProblem() rejects certificates of version 1, except authorities", () => {
  assertMatch(problem([signed({ version: 1 })])!, /^is of version 1/);
  assertMatch(problem([forge({ name: "peer", version: 1 })])!, /^was not signed by a trusted authority/);
  const middle = intermediate({ version: 1, extensions: [] });
  assertMatch(problem([forge({ issuer: middle }), middle])!, /^is of version 1/);
  const top = forge({ name: "top", version: 1 });
  assertEquals(problem([forge({ issuer: top })], [top]), undefined);
  // The peer presents the authority's own certificate, which everybody has.
  assertMatch(problem([top], [top])!, /^is of version 1/);
  // An attacker without an authority's key can still use its name.
  const impostor = forge({ name: "root", version: 1 });
  assertEquals(problem([forge({ issuer: impostor, version: 1 }), impostor]), NOBODY);
});

Deno.test("chainProblem() checks the purpose of a certificate", () => {
  for (
    const [purposes, expected] of [
      [["client"], undefined],
      [["server"], "may not be used by a client"],
      [["email"], "may not be used by a client"],
      [["server", "client"], undefined],
    ] as const
  ) {
    const extensions = [extendedUsage(...purposes)];
    assertEquals(problem([signed({ extensions })]), expected);
    const middle = intermediate({ extensions: [authority(), ...extensions] });
    assertEquals(problem([forge({ issuer: middle }), middle]), expected);
    const top = forge({ name: "top", extensions: [authority(), ...extensions] });
    assertEquals(problem([forge({ issuer: top })], [top]), expected);
  }
  assertEquals(
    problem([signed({ extensions: [extendedUsage("client")] })], [root], "server"),
    "may not be used by a server",
  );
});

Deno.test("chainProblem() rejects an unknown critical extension and a repeated extension", () => {
  const strange = extension("2a0304", new Uint8Array([5, 0]), true);
  assertEquals(problem([signed({ extensions: [strange] })]), "has a critical extension that is unknown here");
  assertEquals(problem([signed({ extensions: [extension("2a0304", new Uint8Array([5, 0]))] })]), undefined);
  const twice = [names("DNS:a.test"), names("DNS:b.test")];
  assertMatch(problem([signed({ extensions: twice })])!, /^can't be read: /);
  const lax = (bytes: Uint8Array) => {
    const at = bytes.toHex().indexOf("0101ff") / 2;
    return Uint8Array.from(bytes, (octet, i) => i === at + 2 ? 1 : octet);
  };
  assertMatch(problem([signed({ extensions: [usage(false)], twist: lax })])!, /^can't be read: /);
});

Deno.test("chainProblem() enforces the name constraints of authorities", () => {
  const cases: [Parameters<typeof nameConstraints>[0], string[], boolean][] = [
    [{ permitted: ["DNS:a.test"] }, ["DNS:a.test", "DNS:x.a.test", "DNS:*.a.test", "URI:spiffe://b"], true],
    [{ permitted: ["DNS:a.test"] }, ["DNS:b.test"], false],
    [{ permitted: ["DNS:a.test"] }, ["DNS:a.test", "DNS:b.test"], false],
    [{ permitted: ["DNS:a.test"] }, ["DNS:xa.test"], false],
    [{ permitted: ["DNS:x.a.test"] }, ["DNS:*.a.test"], false],
    [{ permitted: ["DNS:.a.test"] }, ["DNS:a.test"], false],
    [{ permitted: ["DNS:.a.test"] }, ["DNS:x.a.test"], true],
    [{ permitted: ["DNS:a.test"] }, ["DNS:a.test\0.b.test"], false],
    [{ excluded: ["DNS:a.test"] }, ["DNS:b.test"], true],
    [{ excluded: ["DNS:a.test"] }, ["DNS:A.TEST"], false],
    [{ excluded: ["DNS:x.a.test"] }, ["DNS:*.a.test"], false],
    [{ excluded: ["DNS:"] }, ["DNS:a.test"], false],
    [{ permitted: ["IP:0a000000ff000000"] }, ["IP:0a010203"], true],
    [{ permitted: ["IP:0a000000ff000000"] }, ["IP:0b010203"], false],
    [{ permitted: ["IP:0a000000ff000000"] }, [`IP:${"00".repeat(15)}01`], false],
    [{ excluded: ["IP:0a000000ff000000"] }, ["IP:0a010203"], false],
    [{ permitted: ["email:a.test"] }, ["email:x@a.test"], false],
    [{ permitted: ["email:a.test"] }, ["DNS:a.test"], true],
    [{ permitted: ["dir:a"] }, ["DNS:a.test"], false],
    [{ excluded: ["URI:a.test"] }, ["URI:spiffe://b.test/x"], false],
  ];
  for (const [constraints, list, allowed] of cases) {
    const extensions = [authority(), nameConstraints(constraints)];
    const expected = allowed ? undefined : "has a name for which its authority may not sign";
    const what = Deno.inspect([constraints, list]);
    const middle = intermediate({ extensions });
    const own = forge({ issuer: middle, extensions: [names(...list)] });
    assertEquals(problem([own, middle]), expected, what);
    const top = forge({ name: "top", extensions });
    assertEquals(problem([forge({ issuer: top, extensions: [names(...list)] })], [top]), expected, what);
    const below = forge({ name: "", issuer: middle, extensions: [authority()] });
    if (!constraints.permitted?.includes("dir:a")) {
      assertEquals(problem([forge({ issuer: below, extensions: [names(...list)] }), below, middle]), expected, what);
    }
  }
  const broken = extension("551d1e", ascii("nonsense"), true);
  const middle = intermediate({ extensions: [authority(), broken] });
  assertMatch(problem([forge({ issuer: middle }), middle])!, /^can't be read: /);
});

Deno.test("chainProblem() accepts a pinned certificate without an authority", () => {
  const own = forge({ extensions: [names("DNS:a.test"), extendedUsage("client")] });
  assertEquals(problem([own], [own]), undefined);
  assertEquals(problem([own], [own], "server"), "may not be used by a server");
  // It is not an authority for other certificates.
  assertEquals(
    problem([forge({ name: "other", issuer: own })], [own]),
    "was signed by a certificate that is not an authority",
  );
});

Deno.test("chainProblem() checks only a few signatures in a maze of certificates", () => {
  const loop = Array.from({ length: 60 }, () => forge({ name: "loop", extensions: [authority()] }));
  const own = forge({ issuer: loop[0]! });
  assertEquals(problem([own, ...loop]), NOBODY);
  const few = Array.from({ length: 5 }, () => forge({ name: "root", extensions: [authority()] }));
  assertEquals(problem([signed(), ...loop], [...few, root]), undefined);
  const many = Array.from({ length: 30 }, () => forge({ name: "root", extensions: [authority()] }));
  assertEquals(problem([signed(), ...loop], [...many, root]), NOBODY);
});
