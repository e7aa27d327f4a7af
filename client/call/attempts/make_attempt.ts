import { RpcError } from "../../../rpc/error.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { PREVIOUS_ATTEMPTS, RETRY_FIELD } from "../../../rpc/retry_fields.ts";
import { Status } from "../../../rpc/status.ts";
import type { MethodRules } from "../../../policy/rules.ts";
import type { CallStart } from "../../../transport/transport.ts";
import { Attempt } from "./attempt.ts";
import { at } from "../responses.ts";
import type { CallPath } from "../shared_state.ts";
import type { PickOptions } from "../../instances/channel.ts";
import { cancelled } from "../../instances/wait.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Subchannel } from "../../instances/subchannel.ts";

/** How an attempt differs from a call's only one. */
export interface AttemptOptions {
  /** Gives up this attempt, or the call. */
  readonly signal: AbortSignal | undefined;
  /** How many were made before. */
  readonly previous: number;
  /** Those that were tried. */
  readonly avoid: Set<Subchannel>;
  /** Takes the header. */
  onHeader(attempt: Attempt, header: Metadata): void;
}

/** How often a call is begun again that stayed behind on a connection that was being left. */
const MAX_REPEATS_AFTER_GOAWAY = 5;
const NO_WISHES: PickOptions = {};

/**
 * Makes an attempt, and waits until its response begins or it has ended. One that a server refused, or that stayed behind on a connection that
 * was being left, is made again: nobody has processed it. A refusal is taken back once only, as the server may be overloaded.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#transparent-retries
 */
export async function begin(
  path: CallPath,
  rules: MethodRules,
  outgoing: Outgoing,
  options?: AttemptOptions,
): Promise<Attempt> {
  let left = 0, refused = 0;
  const repeats = options !== undefined && (rules.retry ?? rules.hedge)!.statuses.has(Status.UNAVAILABLE);
  let avoid = options?.avoid;
  for (;;) {
    checkTime(outgoing);
    const wishes = wishesOf(path, outgoing, avoid);
    // Most calls need not wait here.
    const subchannel = (rules.inject ? undefined : path.channel.pick(wishes)) ??
      await instance(path, rules, outgoing, options, wishes);
    options?.avoid.add(subchannel);
    const attempt = start(subchannel, path, outgoing, options);
    if (repeats) subchannel.repeatable.add(attempt);
    const message = await attempt.receive();
    if (repeats) subchannel.repeatable.delete(attempt);
    attempt.began(message);
    const unprocessed = attempt.status?.unprocessed;
    if (unprocessed === undefined || !outgoing.canRepeat) return attempt;
    if (unprocessed === "refused" ? refused++ > 0 : left++ === MAX_REPEATS_AFTER_GOAWAY) return attempt;
    attempt.end();
    (avoid ??= new Set()).add(subchannel);
  }
}

function wishesOf({ policy }: CallPath, { context }: Outgoing, avoid: Set<Subchannel> | undefined): PickOptions {
  const { hashKey } = policy.service;
  if (hashKey === undefined) return avoid === undefined ? NO_WISHES : { avoid };
  return { avoid, hashKey: context.metadata.get(hashKey) };
}

/** Waits for an instance, behind the fault that may be injected. */
async function instance(
  path: CallPath,
  { inject }: MethodRules,
  { method, lateAt, context: { signal } }: Outgoing,
  options: AttemptOptions | undefined,
  wishes: PickOptions,
): Promise<Subchannel> {
  if (options) ({ signal } = options);
  try {
    if (inject) await path.inject(inject, lateAt, signal);
    let subchannel = path.channel.pick(wishes);
    // A connection may be lost again before the one who waited for it goes on.
    while (!subchannel?.connection) subchannel = await path.channel.wait(wishes, lateAt, signal);
    return subchannel;
  } catch (error) {
    throw at(method, error);
  }
}

function start(
  subchannel: Subchannel,
  path: CallPath,
  outgoing: Outgoing,
  options: AttemptOptions | undefined,
): Attempt {
  const { method, context } = outgoing;
  const { compression, onHeader } = context.options;
  const start: CallStart = {
    path: method.path,
    metadata: options?.previous ? withPrevious(context.metadata, options.previous) : context.metadata,
    deadline: outgoing.lateAt,
    signal: options ? options.signal : context.signal,
    compression: typeof compression === "function" ? "gzip" : compression,
    source: context.source,
    onHeader: undefined,
  };
  const take = options ? options.onHeader : onHeader && ((_: Attempt, header: Metadata) => onHeader(header));
  return new Attempt(subchannel, outgoing, start, take, path.isTimed || subchannel.wantsTime);
}

/** Metadata that tells the server, and those that it calls, how many attempts a call has had. */
function withPrevious(metadata: Metadata, previous: number): Metadata {
  const count = String(previous);
  return Metadata.unchecked([...metadata, [PREVIOUS_ATTEMPTS, count], [RETRY_FIELD, count]]);
}

function checkTime({ method, lateAt, context: { signal } }: Outgoing): void {
  if (signal?.aborted) throw at(method, cancelled(signal));
  if (lateAt !== undefined && lateAt <= performance.now()) {
    throw new RpcError(Status.DEADLINE_EXCEEDED, "the deadline had passed before the call began", {
      path: method.path,
    });
  }
}
