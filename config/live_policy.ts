import { loadYaml } from "../deps.ts";
import { inBackground } from "../base/background.ts";
import { outsideScopes } from "../base/outside_scopes.ts";
import type { Logger } from "../base/logger.ts";
import { checkOption } from "../base/options/check_options.ts";
import { Checker } from "../base/options/field_checker.ts";
import { type Dialect, entryPath, fieldPath } from "../base/options/sourced.ts";
import { CLIENT_POLICY } from "../policy/client_fields.ts";
import { type AnyEntry, object, text } from "../base/options/fields.ts";
import { misfitPath, PolicyMisfit } from "../policy/misfits.ts";
import type { ClientPolicy, PolicySource } from "../policy/policy.ts";
import type { ServerPolicy } from "../policy/server_policy.ts";
import { SERVER_POLICY } from "../policy/server_fields.ts";
import type { KeyValue } from "../registry/registry.ts";
import { POLICY_BOUNDS, readDocument } from "./document.ts";
import {
  byPlace,
  ConfigError,
  MAX_REPORTED_PROBLEMS,
  problemOf,
  problemTexts,
  shortened,
  type Where,
} from "./problem.ts";
import { YAML } from "./schema.ts";

/**
 * Creates a client policy that follows a key in Consul and changes while the client runs. Pass it as the option
 * `policy` of `createClient`.
 *
 * The key holds YAML or JSON with the fields of {@linkcode ClientPolicy} in snake case. Each field overrides the same
 * field of the client's options. While the key does not exist, or Consul has not answered yet, the options apply; the
 * client does not wait.
 *
 * An invalid policy is logged with the line and column of each problem, and the last valid policy stays in use. The
 * same applies to a policy that names a method that the service does not have.
 *
 * @example
 * ```ts ignore
 * import { clientPolicyFrom, consul, createClient } from "@dinokit/dinokit";
 * import { EchoService } from "./proto/echo.ts";
 *
 * const registry = consul("127.0.0.1:8500");
 * const policy = clientPolicyFrom(registry, "dinokit/echoservice/client");
 * await using echo = createClient(EchoService, { name: "echoservice", resolver: registry, timeout: 500, policy });
 * ```
 *
 * @param store The store that holds the key: `consul("127.0.0.1:8500")`.
 * @param key The key: `"dinokit/echoservice/client"`.
 * @throws {TypeError} If the store can't watch keys, or the key is invalid.
 */
export function clientPolicyFrom(store: KeyValue, key: string): PolicySource<ClientPolicy> {
  return policyFrom("clientPolicyFrom", CLIENT_POLICY as AnyEntry, store, key);
}

/**
 * Creates a server policy that follows a key in Consul, like {@linkcode clientPolicyFrom}. Pass it as the option
 * `policy` of `createServer`. It has the fields of {@linkcode ServerPolicy}.
 *
 * @param store The store that holds the key: `consul("127.0.0.1:8500")`.
 * @param key The key: `"dinokit/echoservice/server"`.
 * @throws {TypeError} If the store can't watch keys, or the key is invalid.
 */
export function serverPolicyFrom(store: KeyValue, key: string): PolicySource<ServerPolicy> {
  return policyFrom("serverPolicyFrom", SERVER_POLICY as AnyEntry, store, key);
}

function policyFrom<T extends object>(who: string, declared: AnyEntry, store: KeyValue, key: string): PolicySource<T> {
  checkOption(who, "store", object('consul("127.0.0.1:8500")', "watchKey"), store);
  checkOption(who, "key", text('a key such as "dinokit/echoservice/client"', /^[^/]+(\/[^/]+)*$/), key);
  return {
    permissions: store.permissions,
    watch(listener, logger) {
      const live = new LivePolicy(declared, key, listener, logger);
      const watch = store.watchKey(key, (text) => live.changed(text), logger);
      return {
        close() {
          live.close();
          watch.close();
        },
      };
    },
  };
}

const POLICY: Dialect = { ...YAML, whole: "the policy" };

/** Parses the texts of a key into policies, and keeps the last valid one. */
class LivePolicy<T extends object> {
  readonly #declared: AnyEntry;
  readonly #key: string;
  readonly #listener: (policy: T) => void;
  readonly #logger: Logger;
  /** The text to process next. Only the latest text counts. */
  #next: { text: string | undefined } | undefined;
  #isApplying = false;
  #policy = {} as T;
  #isRejected = false;
  #closed = false;

  constructor(declared: AnyEntry, key: string, listener: (policy: T) => void, logger: Logger) {
    this.#declared = declared;
    this.#key = key;
    this.#listener = listener;
    this.#logger = logger;
  }

  changed(text: string | undefined): void {
    this.#next = { text };
    if (!this.#isApplying) inBackground(`the policy in ${this.#key}`, this.#logger, () => this.#applyAll());
  }

  close(): void {
    this.#closed = true;
  }

  async #applyAll(): Promise<void> {
    this.#isApplying = true;
    while (this.#next) {
      const { text } = this.#next;
      this.#next = undefined;
      await this.#apply(text).catch((error) => this.#reject([String(error)]));
    }
    this.#isApplying = false;
  }

  async #apply(text = ""): Promise<void> {
    const yaml = await outsideScopes(loadYaml);
    if (this.#closed) return;
    const checker = new Checker<Where>(POLICY, this.#declared);
    try {
      const document = readDocument(yaml, text, this.#key, POLICY_BOUNDS);
      const policy = checker.check(document) as T ?? {};
      if (checker.problems.length > 0) throw new ConfigError(checker.problems.map(problemOf).toSorted(byPlace));
      this.#use(policy);
    } catch (error) {
      this.#reject(this.#problems(error, checker.places));
    }
  }

  #use(policy: T): void {
    const changed = differences(fieldsOf(this.#declared, this.#policy), fieldsOf(this.#declared, policy));
    if (changed.length === 0 && !this.#isRejected) return;
    if (changed.length > 0) this.#listener(policy);
    this.#policy = policy;
    this.#isRejected = false;
    const more = changed.length > MAX_REPORTED_PROBLEMS ? [`and ${changed.length - MAX_REPORTED_PROBLEMS} more`] : [];
    const shown = [...changed.slice(0, MAX_REPORTED_PROBLEMS).map(shortened), ...more];
    this.#logger.info("the policy has changed", { key: this.#key, changed: shown });
  }

  #reject(problems: readonly string[]): void {
    if (this.#closed) return;
    this.#isRejected = true;
    this.#logger.warn("the policy is invalid; the previous one stays in use", { key: this.#key, problems });
  }

  #problems(error: unknown, places: ReadonlyMap<string, Where>): string[] {
    if (error instanceof ConfigError) return problemTexts(error.problems);
    if (!(error instanceof PolicyMisfit)) return [shortened(String(error))];
    return problemTexts(error.misfits.map((misfit) => {
      const path = misfitPath(misfit, YAML.spell);
      // A problem that involves an option in code has no position in the text.
      return { ...places.get(path) ?? places.get("")!, message: `${path} ${misfit.text}` };
    }));
  }
}

/** Returns the values of a policy by the path of their field. */
function fieldsOf(declared: AnyEntry, policy: object): Map<string, string> {
  return new Map(below(declared, policy, ""));
}

function* below(entry: AnyEntry, value: unknown, path: string): Generator<[string, string]> {
  if (entry.kind === "section" && value) {
    if (path) yield [path, "there"];
    for (const [name, field] of Object.entries(value)) {
      yield* below(entry.entries[name]!, field, fieldPath(path, YAML.spell(name)));
    }
  } else if (entry.kind === "map") {
    for (const [name, item] of Object.entries(value!)) yield* below(entry.entry, item, entryPath(path, name));
  } else yield [path, JSON.stringify(value)];
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}
