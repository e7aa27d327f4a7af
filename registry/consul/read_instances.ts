import { formatAddress } from "../../base/address.ts";
import type { AllowedAddresses } from "../allowed_addresses.ts";
import { LEASE_KEY } from "./wire.ts";
import type { JsonReader } from "./json_reader.ts";
import type { Instance } from "../registry.ts";
import { nextTurn, TURN_MS } from "./turns.ts";

/** The maximum number of instances of one service that are used. */
export const MAX_INSTANCES = 20_000;
/**
 * The maximum number of tags, and of `Meta` entries, of one instance that are used. Chosen keys make a larger Map slow.
 */
export const MAX_LABELS = 256;
/** The longest tag, key or value of `Meta` that is used, in UTF-16 units. */
export const MAX_LABEL_CHARACTERS = 4096;
/** The maximum size of one entry of a list: about 60 checks, each with Consul's maximum output of 4 KiB. */
export const MAX_ENTRY_BYTES = 256 * 1024;
/** Consul's own limit of a weight. */
export const MAX_WEIGHT = 65_535;
/** How many skipped entries a log line names. The length of each name is limited too. */
const MAX_NAMED_ENTRIES = 10;
const MAX_NAME_CHARACTERS = 100;

/** The instances of a service, and which parts of Consul's list were skipped. */
export interface InstanceList {
  /** The instances, ordered by address, without duplicates. */
  readonly instances: readonly Instance[];
  /** How many instances were skipped because their address may not be called. */
  readonly refused: number;
  /** Which parts of the list were skipped, for the log; `""` if none. Its length is limited. */
  readonly unused: string;
}

/**
 * Reads the answer to `/v1/health/service`. An entry without its own address uses the address of its node, as Consul
 * defines it.
 *
 * @param allowed Decides which addresses may be called.
 * @param before The previous list. An unchanged instance is the same object in both lists.
 * @returns Undefined if the answer is not a list.
 * @throws {SyntaxError} If it is not JSON.
 */
export async function readInstances(
  json: JsonReader,
  allowed: AllowedAddresses,
  before: readonly Instance[],
): Promise<InstanceList | undefined> {
  if (json.peek() !== "[") return void json.skip();
  const known = new Map(before.map((instance) => [instance.address, instance]));
  const found = new Map<string, Instance>();
  const refused = new Unused();
  const cut = new Unused();
  let [surplus, tooLarge] = [0, 0];
  const take = (entry: Entry) => {
    const address = toAddress(entry, allowed);
    if (address === undefined) return refused.add(entry.host || "no address", entry.port ?? "no port");
    if (entry.tags.isCut || entry.meta.isCut) cut.add(address);
    if (found.has(address)) return;
    if (found.size >= MAX_INSTANCES) return surplus++;
    const instance = { address, weight: entry.weight, tags: entry.tags.map, meta: entry.meta.map };
    const old = known.get(address);
    found.set(address, old && isSame(old, instance) ? old : instance);
  };
  let turnStart = performance.now();
  for (const _ of json.items()) {
    const entry = json.small(MAX_ENTRY_BYTES, () => readEntry(json));
    if (entry === undefined) {
      tooLarge++;
      while (!json.skipRest(MAX_ENTRY_BYTES)) await nextTurn();
    } else take(entry);
    if (performance.now() - turnStart > TURN_MS) {
      await nextTurn();
      turnStart = performance.now();
    }
  }
  const unused = [
    refused.text(`addresses that are not called (${allowed})`),
    cut.text(`instances of which only ${MAX_LABELS} tags and meta of ${MAX_LABEL_CHARACTERS} characters are used`),
    surplus > 0 && `${surplus} instances more than the ${MAX_INSTANCES} that are used`,
    tooLarge > 0 && `${tooLarge} entries of more than ${MAX_ENTRY_BYTES} bytes, which are not used`,
  ];
  const instances = [...found.values()].sort((a, b) => a.address < b.address ? -1 : 1);
  return { instances, refused: refused.count, unused: unused.filter(Boolean).join("; ") };
}

const isSame = (a: Instance, b: Instance) =>
  a.weight === b.weight && sameLabels(a.tags, b.tags) && sameLabels(a.meta, b.meta);

function sameLabels(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

/** The fields of one entry of the list. */
interface Entry {
  host: string;
  port: number | undefined;
  weight: number;
  tags: Labels;
  meta: Labels;
}

function readEntry(json: JsonReader): Entry {
  const entry: Entry = { host: "", port: undefined, weight: 10, tags: NO_LABELS, meta: NO_LABELS };
  let nodeHost = "";
  for (const name of json.fields()) {
    if (name === "Service") readService(json, entry);
    else if (name === "Node") {
      for (const field of json.fields()) if (field === "Address") nodeHost = json.text() ?? "";
    }
  }
  entry.host ||= nodeHost;
  return entry;
}

function readService(json: JsonReader, entry: Entry): void {
  for (const field of json.fields()) {
    if (field === "Address") entry.host = json.text() ?? "";
    else if (field === "Port") entry.port = json.number();
    else if (field === "Weights") {
      for (const state of json.fields()) if (state === "Passing") entry.weight = toWeight(json.number());
    } else if (field === "Tags") {
      entry.tags = new Labels();
      for (const _ of json.items()) if (entry.tags.hasRoom()) entry.tags.addTag(json.text());
    } else if (field === "Meta") {
      entry.meta = new Labels();
      for (const key of json.fields()) {
        if (key !== LEASE_KEY && entry.meta.hasRoom()) entry.meta.add(key, json.text());
      }
    }
  }
}

const toWeight = (weight = 0) => weight > 0 ? Math.min(Math.max(weight, 1), MAX_WEIGHT) : 10;

/** Tags or `Meta`, up to the limits. */
class Labels {
  readonly map = new Map<string, string>();
  /** Whether some labels were skipped. */
  isCut = false;

  hasRoom(): boolean {
    if (this.map.size < MAX_LABELS) return true;
    this.isCut = true;
    return false;
  }

  addTag(tag: string | undefined): void {
    const colon = tag?.indexOf(":") ?? 0;
    if (colon > 0) this.add(tag!.slice(0, colon), tag!.slice(colon + 1));
    else if (tag !== undefined) this.add(tag, "");
  }

  add(key: string, value: string | undefined): void {
    if (value === undefined) return;
    if (key.length + value.length > MAX_LABEL_CHARACTERS) this.isCut = true;
    else this.map.set(key, value);
  }
}

const NO_LABELS = new Labels();

function toAddress({ host, port }: Entry, allowed: AllowedAddresses): string | undefined {
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65535) return undefined;
  return allowed.has(host) ? formatAddress({ kind: "tcp", host, port }) : undefined;
}

/** Counts skipped entries, and remembers the names of the first. */
class Unused {
  count = 0;
  readonly #names: string[] = [];

  add(host: string, port?: number | string): void {
    if (++this.count > MAX_NAMED_ENTRIES) return;
    const name = host.slice(0, MAX_NAME_CHARACTERS);
    this.#names.push(port === undefined ? name : `${name}:${port}`);
  }

  /** Returns `addresses that ...: a, b and 7 more`; undefined if nothing was skipped. */
  text(heading: string): string | undefined {
    if (this.count === 0) return undefined;
    const more = this.count > MAX_NAMED_ENTRIES ? ` and ${this.count - MAX_NAMED_ENTRIES} more` : "";
    return `${heading}: ${this.#names.join(", ")}${more}`;
  }
}
