import { assertEquals } from "@std/assert";
import { createClient, createServer, type Handlers, type Server, type ServerOptions } from "../../mod.ts";
import type { ClientOptions } from "../../mod.ts";
import { kindsHandlers } from "../kinds.ts";
import { needs } from "../needs.ts";
import { recordingLogger } from "../observe.ts";
import { Kinds } from "../proto/kinds.ts";

const PAGE = new URL("../../docs/book/migration.md", import.meta.url);

/** The rows of the page's table below a heading, by their first cells. */
export function rowsOf(heading: string): string[] {
  const [, section] = Deno.readTextFileSync(PAGE).split(`### ${heading}\n`);
  const [, table] = /\n\|[^\n]*\n\| -[^\n]*\n((?:\|[^\n]*\n)*)/.exec(section!)!;
  return table!.trimEnd().split("\n").map((row) => row.split(/(?<!\\)\|/)[1]!.trim());
}

/** What makes a row true: it fails where the row lies. */
export type RowTests = Readonly<Record<string, () => void | Promise<void>>>;

/**
 * Registers a test for each row of a table of the page.
 *
 * @param heading What stands above the table.
 * @param rows By the first cells.
 * @param whole Whether the table has no other rows.
 */
export function testRows(
  heading: string,
  rows: RowTests,
  permissions: Deno.PermissionDescriptor[],
  whole = true,
): void {
  needs([{ name: "read" }], `migration, ${heading}: the tests are those of the page's rows`, () => {
    const known = rowsOf(heading);
    assertEquals(Object.keys(rows).filter((row) => !known.includes(row)), []);
    if (whole) assertEquals(known.filter((row) => !Object.hasOwn(rows, row)), []);
  });
  for (const [row, test] of Object.entries(rows)) {
    needs(permissions, `migration, ${heading}: ${row}`, async () => await test());
  }
}

/** A server of `dinokit.test.Kinds`, and clients of it. */
export class Kit implements AsyncDisposable {
  readonly logger = recordingLogger();
  readonly server: Server;
  readonly #stack = new AsyncDisposableStack();

  constructor(handlers: Partial<Handlers<typeof Kinds>> = {}, options: Partial<ServerOptions> = {}) {
    const { logger } = this;
    this.server = createServer({ name: "kinds", address: "127.0.0.1:0", logger, drainTimeout: 0, ...options });
    this.server.add(Kinds, { ...kindsHandlers(), ...handlers });
  }

  static async start(...args: ConstructorParameters<typeof Kit>): Promise<Kit> {
    const kit = new Kit(...args);
    await kit.server.start();
    return kit;
  }

  get address(): string {
    return this.server.address;
  }

  client(options: Partial<ClientOptions<typeof Kinds>> = {}) {
    const { address, logger } = this;
    return this.#stack.use(createClient(Kinds, { address, logger, drainTimeout: 0, ...options } as ClientOptions));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await this.server.stop();
  }
}
