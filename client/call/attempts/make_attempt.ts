import { RpcError } from "../../../rpc/error.ts";
import { Status } from "../../../rpc/status.ts";
import type { MethodRules } from "../../../policy/client_rules.ts";
import type { PickOptions } from "../../instances/channel.ts";
import type { Subchannel } from "../../instances/subchannel.ts";
import { cancelled } from "../../instances/wait.ts";
import { withPath } from "../errors.ts";
import type { SharedState } from "../shared_state.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import type { Outgoing } from "./outgoing.ts";

/** The maximum number of transparent retries of a call that was not processed because its connection was closing. */
const MAX_GOAWAY_REPEATS = 5;
const ANY_INSTANCE: PickOptions = {};

/**
 * Makes an attempt, and waits until its response begins or it has ended. An attempt that no server has processed is
 * started again on another instance: at most once after a refusal, because the server may be overloaded.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#transparent-retries
 */
export async function makeAttempt(
  shared: SharedState,
  rules: MethodRules,
  outgoing: Outgoing,
  options: AttemptOptions,
): Promise<Attempt> {
  let repeats = 0, refusals = 0;
  let { tried } = options;
  for (;;) {
    checkTime(outgoing);
    const wanted = wantedOf(shared, outgoing, tried);
    // Most calls find an instance without a promise.
    const subchannel = (rules.inject ? undefined : shared.channel.pick(wanted)) ??
      await waitForInstance(shared, rules, outgoing, options, wanted);
    tried?.add(subchannel);
    const timed = shared.channel.usesLatency || subchannel.wantsTime;
    const attempt = Attempt.start(subchannel, outgoing, options, timed);
    if (options.expiresInSilence) subchannel.expirable.add(attempt);
    const message = await attempt.receive();
    if (options.expiresInSilence) subchannel.expirable.delete(attempt);
    attempt.began(message);
    const unprocessed = attempt.status?.unprocessed;
    if (unprocessed === undefined || !outgoing.canRepeat) return attempt;
    if (unprocessed === "refused" ? refusals++ > 0 : repeats++ === MAX_GOAWAY_REPEATS) return attempt;
    attempt.end();
    (tried ??= new Set()).add(subchannel);
  }
}

function wantedOf({ policy }: SharedState, { context }: Outgoing, avoid: Set<Subchannel> | undefined): PickOptions {
  const { hashKey } = policy.service;
  if (hashKey === undefined) return avoid === undefined ? ANY_INSTANCE : { avoid };
  return { avoid, hashKey: context.metadata.get(hashKey) };
}

/** Injects the policy's fault, if there is one, and waits for an instance. */
async function waitForInstance(
  shared: SharedState,
  { inject }: MethodRules,
  { method, lateAt }: Outgoing,
  { signal }: AttemptOptions,
  wanted: PickOptions,
): Promise<Subchannel> {
  try {
    if (inject) await shared.inject(inject, lateAt, signal);
    let subchannel = shared.channel.pick(wanted);
    // The connection may be lost again before the call that waited for it continues.
    while (!subchannel?.connection) subchannel = await shared.channel.wait(wanted, lateAt, signal);
    return subchannel;
  } catch (error) {
    throw withPath(method, error);
  }
}

function checkTime({ method, lateAt, context: { signal } }: Outgoing): void {
  if (signal?.aborted) throw withPath(method, cancelled(signal));
  if (lateAt !== undefined && lateAt <= performance.now()) {
    throw new RpcError(Status.DEADLINE_EXCEEDED, "the deadline had passed before the call began", {
      path: method.path,
      origin: "client",
    });
  }
}
