import { Metadata, type MetadataInit, RpcError, type Service, type Status } from "../mod.ts";

/**
 * A fault, and the attempts that it affects. At most one of `status`, `hang` and `drop` may be set. With `delay` alone,
 * the call is served later.
 */
export interface Fault {
  /**
   * Affects only calls of this method, by its name in the .proto or in TypeScript: `"Echo"` or `"echo"`.
   * @default {all methods}
   */
  readonly method?: string;
  /**
   * Affects only this server: `"memory:echo"`.
   * @default {all servers}
   */
  readonly address?: string;
  /**
   * Which matching attempts are affected, counted from 1 since the fault was injected: `[1, 2]` affects the first two.
   * @default {all}
   */
  readonly attempts?: readonly number[];
  /**
   * When the fault occurs: after the server has sent this many responses, or when the handler asks for more than this
   * many requests. Earlier messages arrive. A call with fewer messages succeeds.
   * @default {when the attempt arrives, before the handler}
   */
  readonly after?: { readonly responses?: number; readonly requests?: number };
  /**
   * A delay before the server starts or continues, in milliseconds.
   * @default {0}
   */
  readonly delay?: number;
  /** The status that ends the attempt. The handler is not called; with `after`, the handler's signal aborts. */
  readonly status?: Status;
  /**
   * The message of `status`.
   * @default {"injected by the test"}
   */
  readonly message?: string;
  /** The trailer of `status`, such as `{ "grpc-retry-pushback-ms": "50" }`. */
  readonly trailer?: MetadataInit;
  /** Never answers the attempt. It ends at its deadline, or when the caller cancels it. */
  readonly hang?: boolean;
  /**
   * Drops all connections to the server, and with them the calls in flight. Data that has arrived can still be read.
   * New connections can be made at once.
   */
  readonly drop?: boolean;
}

/** An attempt that arrived at a server's transport. Each retry and each hedge is an attempt of its own. */
export interface Attempt {
  /** The method's name in the .proto: `"Echo"`. */
  readonly method: string;
  /** The server's address. */
  readonly address: string;
  /** The metadata, including the fields that the kit adds. */
  readonly metadata: Metadata;
  /** The deadline, in milliseconds since 1970. */
  readonly deadline: number | undefined;
  /** The fault that affected the attempt. */
  readonly fault: Fault | undefined;
}

/** The faults of a transport. */
export interface Faults {
  /** The attempts that have arrived, the oldest first. */
  readonly attempts: readonly Attempt[];
  /**
   * Injects a fault. If several faults match an attempt, the one that was injected first is applied.
   *
   * @throws {TypeError} If the fault is contradictory, has no effect, or names an unknown method or server.
   * @throws {RangeError} If a number is out of range.
   */
  inject(fault: Fault): void;
  /** Removes all faults. Calls that already hang or wait are not affected. */
  clear(): void;
}

/** The faults, with the method by which the transport reads them. */
export class FaultList implements Faults {
  readonly attempts: Attempt[] = [];
  /** The addresses at which servers listen or have listened. */
  readonly addresses: Set<string> = new Set();
  #services: readonly Service[];
  #faults: { readonly fault: Fault; readonly paths: readonly string[] | undefined; seen: number }[] = [];

  constructor(services: readonly Service[]) {
    this.#services = services;
  }

  inject(fault: Fault): void {
    check(fault);
    const { method, address } = fault;
    // Rejects faults that never match: they would make a test that can't fail.
    if (address !== undefined && !this.addresses.has(address)) {
      const known = this.addresses.size > 0 ? `servers are at ${[...this.addresses].join(", ")}` : "start it first";
      throw new TypeError(`inject: no server is at "${address}"; ${known}`);
    }
    this.#faults.push({ fault, paths: method === undefined ? undefined : this.#pathsOf(method), seen: 0 });
  }

  #pathsOf(name: string): string[] {
    if (this.#services.length === 0) {
      throw new TypeError(
        `inject: nobody knows the method "${name}"; name the services: faultyTransport(EchoService)`,
      );
    }
    const all = this.#services.flatMap(({ methods }) => Object.entries(methods));
    const paths = all.filter(([local, method]) => local === name || method.name === name).map(([, { path }]) => path);
    if (paths.length > 0) return paths;
    const owners = this.#services.map(({ typeName }) => typeName).join(", ");
    throw new TypeError(
      `inject: no method "${name}" in ${owners}; there are ${all.map(([, { name }]) => name).join(", ")}`,
    );
  }

  clear(): void {
    this.#faults = [];
  }

  /** Records an attempt and returns its fault. The attempt counts for each matching fault. */
  next(path: string, attempt: Omit<Attempt, "fault">): Fault | undefined {
    const due = this.#faults.filter((injected) => {
      const { address = attempt.address, attempts } = injected.fault;
      if (injected.paths?.includes(path) === false || address !== attempt.address) return false;
      injected.seen++;
      return attempts === undefined || attempts.includes(injected.seen);
    });
    const fault = due[0]?.fault;
    this.attempts.push({ ...attempt, fault });
    return fault;
  }
}

const NAMES = ["method", "address", "attempts", "after", "delay", "status", "message", "trailer", "hang", "drop"];

function check(fault: Fault): void {
  const unknown = Object.keys(fault).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`inject: no fault has "${unknown}"; there are ${NAMES.join(", ")}`);
  const { status, hang, drop, delay, attempts, after } = fault;
  const ends = [status !== undefined && "status", hang && "hang", drop && "drop"].filter(Boolean);
  if (ends.length > 1) throw new TypeError(`inject: ${ends.join(" and ")} exclude each other; inject two faults`);
  if (ends.length === 0 && delay === undefined) {
    throw new TypeError('inject: nothing goes wrong; give "delay", "status", "hang" or "drop"');
  }
  // The constructor validates the code.
  if (status !== undefined) new RpcError(status);
  if (fault.trailer !== undefined) new Metadata(fault.trailer);
  if (delay !== undefined && !(delay >= 0)) {
    throw new RangeError(`inject: delay is ${delay}; use milliseconds from 0 on`);
  }
  if (after !== undefined) checkAfter(after);
  const bad = attempts?.find((attempt) => !Number.isInteger(attempt) || attempt < 1);
  if (bad !== undefined) throw new RangeError(`inject: attempts has ${bad}; they are counted 1, 2, 3`);
}

function checkAfter(after: NonNullable<Fault["after"]>): void {
  const [[name, count] = ["", 0], ...more] = Object.entries(after);
  if ((name !== "responses" && name !== "requests") || more.length > 0) {
    throw new TypeError(`inject: after is ${Deno.inspect(after)}; use { responses: 2 } or { requests: 2 }`);
  }
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`inject: after.${name} is ${count}; use 1, 2, 3`);
}
