import { Metadata, type MetadataInit, RpcError, type Service, type Status } from "../mod.ts";

/**
 * What goes wrong, and for which attempts. Of `status`, `hang` and `drop` there is one at most; with `delay` alone the
 * call is served, but later.
 */
export interface Fault {
  /**
   * Only calls of this method, by its name in the .proto or in TypeScript: `"Echo"` or `"echo"`.
   * @default all methods
   */
  readonly method?: string;
  /** Only at this server: `"memory:echo"`. @default all servers */
  readonly address?: string;
  /**
   * Which of the attempts that it fits, counted from 1 since it was injected: `[1, 2]` fails the first two.
   * @default all
   */
  readonly attempts?: readonly number[];
  /**
   * When it goes wrong: as soon as the server has sent so many responses, or when the handler asks for more than so
   * many requests. What was sent until then arrives; a call with fewer messages goes well. @default when it arrives,
   * before the handler
   */
  readonly after?: { readonly responses?: number; readonly requests?: number };
  /** How long the server waits before it begins, or goes on, in milliseconds. @default {0} */
  readonly delay?: number;
  /** The attempt ends with this status. No handler sees it; with `after` the handler's signal aborts. */
  readonly status?: Status;
  /** The text of `status`. @default {"injected by the test"} */
  readonly message?: string;
  /** The trailer of `status`, such as `{ "grpc-retry-pushback-ms": "50" }`. */
  readonly trailer?: MetadataInit;
  /** The attempt is never answered: it ends by its deadline, or when the caller gives it up. */
  readonly hang?: boolean;
  /**
   * All connections to the server are lost, and with them the calls in flight; what has arrived is still read. New
   * connections can be made at once.
   */
  readonly drop?: boolean;
}

/** One call as it arrived at a server's transport: each retry and each hedge is one. */
export interface Attempt {
  /** The method's name in the .proto: `"Echo"`. */
  readonly method: string;
  /** The server's address. */
  readonly address: string;
  /** What was sent, with the fields that the kit itself adds. */
  readonly metadata: Metadata;
  /** When the call must have ended, in milliseconds since 1970. */
  readonly deadline: number | undefined;
  /** What went wrong with it by the test's will. */
  readonly fault: Fault | undefined;
}

/** The faults of a transport. */
export interface Faults {
  /** What arrived so far, the oldest first. */
  readonly attempts: readonly Attempt[];
  /**
   * From now on attempts that it fits go wrong. Where several fit, the one that was injected first counts.
   *
   * @throws {TypeError} If it is contradictory, says nothing, or names a method or a server that there is not.
   * @throws {RangeError} If a number is out of range.
   */
  inject(fault: Fault): void;
  /** Nothing goes wrong any more, but for calls that hang or wait already. */
  clear(): void;
}

/** The faults, and the way in which the transport asks for them. */
export class FaultList implements Faults {
  readonly attempts: Attempt[] = [];
  /** Where servers listen or have listened. */
  readonly addresses: Set<string> = new Set();
  #services: readonly Service[];
  #faults: { readonly fault: Fault; readonly paths: readonly string[] | undefined; seen: number }[] = [];

  constructor(services: readonly Service[]) {
    this.#services = services;
  }

  inject(fault: Fault): void {
    check(fault);
    const { method, address } = fault;
    // One that never fits would make a test that can't fail.
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

  /** Notes an attempt, and says what goes wrong with it. Each fault that fits counts it. */
  next(path: string, attempt: Omit<Attempt, "fault">): Fault | undefined {
    const due = this.#faults.filter((one) => {
      const { address = attempt.address, attempts } = one.fault;
      if (one.paths?.includes(path) === false || address !== attempt.address) return false;
      one.seen++;
      return attempts === undefined || attempts.includes(one.seen);
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
  // Its constructor knows which codes there are.
  if (status !== undefined) new RpcError(status);
  if (fault.trailer !== undefined) new Metadata(fault.trailer);
  if (delay !== undefined && !(delay >= 0)) {
    throw new RangeError(`inject: delay is ${delay}; use milliseconds from 0 on`);
  }
  if (after !== undefined) checkAfter(after);
  const bad = attempts?.find((one) => !Number.isInteger(one) || one < 1);
  if (bad !== undefined) throw new RangeError(`inject: attempts has ${bad}; they are counted 1, 2, 3`);
}

function checkAfter(after: NonNullable<Fault["after"]>): void {
  const [[name, count] = ["", 0], ...more] = Object.entries(after);
  if ((name !== "responses" && name !== "requests") || more.length > 0) {
    throw new TypeError(`inject: after is ${Deno.inspect(after)}; use { responses: 2 } or { requests: 2 }`);
  }
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`inject: after.${name} is ${count}; use 1, 2, 3`);
}
