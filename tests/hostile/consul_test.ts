import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { consul, type ConsulOptions } from "../../registry/consul/consul.ts";
import { consulCatalog } from "../../registry/consul/catalog.ts";
import { MAX_INSTANCES } from "../../registry/consul/read_instances.ts";
import { fakeConsul, hang, watching } from "../fake_consul.ts";
import { needs } from "../needs.ts";
import { recordingLogger, until } from "../observe.ts";
import { evilConsul, HEAD, type Write } from "./evil_consul.ts";

const NET: Deno.PermissionDescriptor[] = [{ name: "net" }];
const MIB_BYTES = 2 ** 20;
/** What the sockets on both sides may hold beyond what was read. */
const SOCKET_BUFFERS_BYTES = 16 * MIB_BYTES;

const JUNK = "a".repeat(65_536);

/** Answers that never end, by what has no end. */
const ENDLESS: Record<string, (write: Write) => Promise<void>> = {
  async body(write) {
    for (await write(`${HEAD}\r\n["`);;) await write(JUNK);
  },
  async chunks(write) {
    for (await write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);;) await write(`10000\r\n${JUNK}\r\n`);
  },
  async "a chunk's extension"(write) {
    for (await write(`${HEAD}transfer-encoding: chunked\r\n\r\n2;x=`);;) await write(JUNK);
  },
  async trailers(write) {
    for (await write(`${HEAD}transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n`);;) await write(`x: ${JUNK}\r\n`);
  },
  async "a header"(write) {
    for (await write(`${HEAD}x: `);;) await write(JUNK);
  },
  async headers(write) {
    await write(HEAD);
    for (let i = 0;; i++) await write(`x${i}: ${"a".repeat(500)}\r\n`);
  },
  async "the status line"(write) {
    for (await write("HTTP/1.1 200 ");;) await write(JUNK);
  },
  async "interim responses"(write) {
    for (;;) await write(`HTTP/1.1 103 Early Hints\r\nlink: ${"a".repeat(8000)}\r\n\r\n`);
  },
};

/**
 * Everything that asks Consul, each until its first failure.
 *
 * @returns What was said of it.
 */
const ASKERS: Record<string, (address: string, options: ConsulOptions) => Promise<string>> = {
  async "watch()"(address, options) {
    using watch = watching(address, options);
    await until(() => watch.told.length > 0, "the failure");
    return watch.logger.lines[0]!;
  },
  async "watchKey()"(address, options) {
    const logger = recordingLogger();
    const watch = consul(address, options).watchKey("dinokit/echoservice", () => {}, logger);
    const line = await until(() => logger.lines[0], "the failure");
    watch.close();
    return line;
  },
  async "register()"(address, options) {
    const logger = recordingLogger();
    const lease = consul(address, options).register({ name: "echoservice", address: "127.0.0.1:1" }, logger);
    const line = await until(() => logger.lines[0], "the failure");
    await lease.release();
    return line;
  },
  "list --consul": (address, options) =>
    consulCatalog(address, options, new AbortController().signal).then(() => "", (error) => error.message),
};

for (const [what, script] of Object.entries(ENDLESS)) {
  needs(NET, `an answer of Consul is cut off where ${what} has no end, for every kind of query`, async () => {
    await using evil = evilConsul(script);
    for (const [who, ask] of Object.entries(ASKERS)) {
      const said = await ask(evil.address, { answerBytes: 65_536 });
      assertMatch(said, /answered with more than \d+ bytes|Header overflow/, who);
      assertEquals(
        said.includes("; raise the option answerBytes of consul()"),
        /more than/.test(said) && who === "watch()",
      );
    }
    const most = Math.max(...evil.written);
    assert(most < MIB_BYTES + SOCKET_BUFFERS_BYTES, `${most} bytes were taken`);
  });
}

needs(NET, "an answer of Consul may have 32 MiB by default", async () => {
  await using evil = evilConsul(ENDLESS.body!);
  assertStringIncludes(await ASKERS["watch()"]!(evil.address, {}), "answered with more than 33554432 bytes");
  assert(evil.written[0]! < 32 * MIB_BYTES + SOCKET_BUFFERS_BYTES);
});

needs(NET, "an answer of Consul that comes a byte at a time ends in time, in its header too", async () => {
  const pause = () => new Promise((done) => setTimeout(done, 20));
  for (const start of ["HTTP/1.1 200 OK\r\nx: ", `${HEAD}transfer-encoding: chunked\r\n\r\n`]) {
    await using evil = evilConsul(async (write) => {
      for (await write(start);; await pause()) await write(start.endsWith("\r\n\r\n") ? "1\r\n[\r\n" : "a");
    });
    const begin = performance.now();
    using watch = watching(evil.address);
    await until(() => watch.told.length > 0, "the failure", 20_000);
    assertStringIncludes(watch.told[0]!, "does not answer: request timed out (8000ms)");
    assert(performance.now() - begin < 12_000);
  }
});

const entry = (more: object) => JSON.stringify({ Node: { Address: "192.0.2.7" }, Service: { Port: 1, ...more } });
const many = <T>(count: number, make: (i: number) => T) => `[${Array.from({ length: count }, (_, i) => make(i))}]`;

/** Lists that are large in all ways that there are, each with the number of instances that are used. */
const LARGE: Record<string, [make: () => string, used: number]> = {
  "10,000 instances": [
    () =>
      many(
        10_000,
        (i) =>
          `{"Node":{"Address":"10.0.${i >> 8}.${i & 255}"},"Service":{"Port":1},"Checks":[{"Output":"${
            "x".repeat(1500)
          }"}]}`,
      ),
    10_000,
  ],
  "the same instance 10,000 times": [() => many(10_000, () => entry({ Tags: ["zone:a"] })), 1],
  "a tag of 1 MB": [() => many(2, (i) => entry({ Port: i + 1, Tags: ["x".repeat(i * 1_000_000)] })), 1],
  "a million tags": [
    () => many(100, (i) => entry({ Port: i + 1, Tags: Array.from({ length: 10_000 }, (_, j) => `t${j}`) })),
    100,
  ],
  "tags whose hashes collide": [
    () => many(300, (i) => entry({ Port: i + 1, Tags: Array.from({ length: 5000 }, (_, j) => String(j * 65_536)) })),
    300,
  ],
  "hosts whose hashes collide": [() => many(100_000, (i) => entry({ Address: String(i * 65_536) })), MAX_INSTANCES],
  "two million empty entries": [() => many(2_000_000, () => "{}"), 0],
  "brackets a million deep": [() => `[${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}]`, 0],
};

for (const [what, [make, used]] of Object.entries(LARGE)) {
  needs(
    NET,
    `a list in Consul with ${what} is read, and at most one short line reports the skipped entries`,
    async () => {
      const body = make();
      await using server = fakeConsul((_, n) =>
        n > 1 ? hang() : new Response(body, { headers: { "x-consul-index": "7" } })
      );
      using watch = watching(server.address);
      await until(() => watch.told.length > 0, "the list", 20_000);
      assertEquals(watch.told[0]!.split(",").filter(Boolean).length, used);
      assert(watch.logger.lines.length <= 1 && (watch.logger.lines[0] ?? "").length < 2500, `${watch.logger.lines}`);
    },
  );
}
