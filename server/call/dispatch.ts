import { excerpt } from "../../base/text/excerpt.ts";
import type { ServerContext } from "../../rpc/context.ts";
import { compose, type Middleware } from "../../rpc/middleware.ts";
import { Status } from "../../rpc/status.ts";
import type { CallStatus, ServerCall } from "../../transport/transport.ts";
import type { Admission } from "../admission/admission.ts";
import type { Gate } from "../admission/gate.ts";
import type { Route } from "./handlers.ts";
import { ServedMethod, type ServedMethodOptions } from "./served_method.ts";

/** Middleware around every call of a server. */
export type ServerMiddleware = Middleware<ServerContext>;

/** The parts that a dispatcher uses. */
export interface DispatchOptions extends ServedMethodOptions {
  readonly routes: ReadonlyMap<string, Route>;
  readonly middleware: readonly ServerMiddleware[];
  readonly admission: Admission;
}

const LATE: CallStatus = { code: Status.DEADLINE_EXCEEDED, message: "the deadline passed before the call began" };

/**
 * Returns a function that finds the method of a call by its path, and passes the call to the gate of the method. The
 * gate begins the call now or later, or rejects it. The function never throws. It and the gates end calls only with the
 * kit's own statuses, and {@linkcode ServedMethod} catches the errors of handlers.
 */
export function createDispatcher(options: DispatchOptions): (call: ServerCall) => void {
  const { routes, middleware, admission } = options;
  const services = new Set([...routes.values()].map((route) => route.service));
  const gates = new Map<string, Gate>();
  for (const [path, route] of routes) {
    const handler = middleware.length === 0
      ? route.handler
      : compose(middleware, async (call) => await route.handler(call)); // middleware may expect a promise
    gates.set(path, admission.gate(route.method, new ServedMethod(route, handler, options).begin));
  }
  return (call) => {
    const gate = gates.get(call.path);
    if (gate === undefined) {
      return call.finish({ code: Status.UNIMPLEMENTED, message: unknownPath(call.path, services) });
    }
    // The deadline may have passed while other calls were served. Then nobody waits for the result of this call.
    if (call.deadline !== undefined && call.deadline <= performance.now()) {
      admission.late();
      return call.finish(LATE);
    }
    gate.take(call);
  };
}

function unknownPath(path: string, services: ReadonlySet<string>): string {
  const [, service = "", method = ""] = path.split("/", 3);
  if (!services.has(service)) return `unknown service ${excerpt(service)}`;
  return `unknown method ${excerpt(method)} of service ${service}`;
}
