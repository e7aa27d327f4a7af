import { type ClientOptions, createClient, RpcError, Status } from "../../mod.ts";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "../../proto/grpc/health/v1/health.ts";
import { visible } from "../../base/text/visible.ts";
import { callFailure, telling } from "./call_failure.ts";
import { type AskingFlags, askingOf, timeoutOf, withAsking } from "./call_flags.ts";
import { command, type JsonFlag, withJson } from "./command.ts";
import type { Command } from "../deps.ts";
import { timeOfDay } from "../../base/time.ts";
import { within } from "../../base/wait.ts";
import { EXIT, Failure } from "../output/failure.ts";
import { type TypedTarget, typedTarget } from "./typed_target.ts";
import {
  consulAddressOf,
  consulName,
  consulOf,
  QUIET,
  reach,
  TARGET,
  TARGET_PERMISSIONS,
  type TargetFlags,
  withConsul,
  withTls,
} from "./target.ts";
import { interruption, paint, printJson, printPainted } from "../output/terminal.ts";

/** Creates the command `dinokit health`. */
export function healthCommand(): Command {
  const health = command("health", {
    summary: "Checks the health of a server, or of all instances of a service in Consul",
    description:
      "Uses grpc.health.v1. The exit code is 0 if all are SERVING, 1 if one is not, and that of `call` if one " +
      "can't be reached.",
    examples: [
      ["dinokit health 127.0.0.1:8888", "the server as a whole"],
      ["dinokit health 127.0.0.1:8888 echo.EchoService", "one of its services"],
      ["dinokit health consul:echoservice", "each instance that passes its check in Consul"],
    ],
    permissions: TARGET_PERMISSIONS,
  })
    .argument("<target>", TARGET)
    .argument("[service]", "the full name of one of its services");
  return withJson(withTls(withConsul(withAsking(health)))).action(telling(checkHealth));
}

async function checkHealth(
  target: string,
  service: string | undefined,
  flags: TargetFlags & JsonFlag & AskingFlags,
): Promise<void> {
  using signal = interruption();
  const call = askingOf(flags, signal);
  const name = consulName(target);
  const typed = typedTarget(target, flags);
  const options = reach(target, flags);
  let all = [options];
  if (name !== undefined) {
    try {
      all = (await instancesOf(name, flags, call)).map((address) => ({ name, address, tls: options.tls }));
    } catch (error) {
      if (!flags.json) throw error;
      const { message, code } = callFailure(error, typed);
      await printJson([{ address: target, error: message, code }]);
      throw new Failure("", undefined, code);
    }
  }
  let worst: number = EXIT.ok;
  const told: unknown[] = [];
  for await (const [instance, answer] of askAll(all, (instance) => ask(instance, service ?? "", call, typed))) {
    const { status, error, code } = answer;
    const text = paint(status ?? error!, code === EXIT.ok ? "green" : "red");
    if (flags.json) told.push({ address: instance.address, status, error, code });
    else await printPainted(name === undefined ? text : `${visible(String(instance.address))} ${text}`);
    worst = Math.max(worst, code);
  }
  if (flags.json) await printJson(told);
  if (worst !== EXIT.ok) throw new Failure("", undefined, worst);
}

interface Call {
  readonly deadline: number;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly code: number;
}

/** The maximum number of concurrent checks, so that a hanging instance does not delay the others. */
const MAX_CONCURRENT_CHECKS = 64;

/** Checks all instances concurrently, and yields the answers in order. */
async function* askAll(
  all: readonly ClientOptions[],
  ask: (instance: ClientOptions) => Promise<Answer>,
): AsyncGenerator<[ClientOptions, Answer]> {
  const answers = all.map(() => Promise.withResolvers<Answer>());
  // A failed check is reported when its turn comes.
  for (const { promise } of answers) promise.catch(() => {});
  const left = all.entries();
  const asking = Promise.all(Array.from({ length: MAX_CONCURRENT_CHECKS }, async () => {
    for (const [i, instance] of left) await ask(instance).then(answers[i]!.resolve, answers[i]!.reject);
  }));
  for (const [i, instance] of all.entries()) yield [instance, await answers[i]!.promise];
  await asking;
}

async function ask(options: ClientOptions, service: string, call: Call, typed: TypedTarget): Promise<Answer> {
  await using client = createClient(Health, options as ClientOptions<typeof Health>);
  try {
    const { status } = await client.check({ service }, call);
    const code = status === ServingStatus.SERVING ? EXIT.ok : EXIT.failed;
    return { status: ServingStatus[status] ?? `status ${status}`, code };
  } catch (error) {
    const { message, code } = callFailure(error, typed);
    return { error: message, code };
  }
}

/**
 * Returns the addresses of instances that pass Consul's check.
 *
 * @throws {RpcError} If there are none.
 */
async function instancesOf(
  name: string,
  flags: TargetFlags & AskingFlags,
  { deadline, signal }: Call,
): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const watch = consulOf(flags).watch(name, (resolution) => {
    if (!("error" in resolution) && resolution.instances.length > 0) {
      return resolve(resolution.instances.map(({ address }) => address));
    }
    const [why, cause] = "error" in resolution ? [resolution.error.message, resolution.error] : [resolution.why];
    reject(new RpcError(Status.UNAVAILABLE, `no instance of ${name} is known: ${why}`, { cause }));
  }, QUIET);
  try {
    return await within(
      promise,
      Math.max(0, deadline - timeOfDay()),
      () => {
        const why = `DEADLINE_EXCEEDED: Consul at ${consulAddressOf(flags)} does not answer within ${
          timeoutOf(flags)
        } ms`;
        const next = "say where Consul is: --consul HOST:PORT";
        throw new Failure(why, next, EXIT.status(Status.DEADLINE_EXCEEDED));
      },
      signal,
      () => {
        throw signal.reason;
      },
    );
  } finally {
    watch.close();
  }
}
