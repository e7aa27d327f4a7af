import { Status } from "../../rpc/status.ts";

/** The statuses that may be the fault of an instance. RESOURCE_EXHAUSTED is none: the instance protects itself. */
export const INSTANCE_FAILURES: ReadonlySet<Status> = new Set([
  Status.UNAVAILABLE,
  Status.DEADLINE_EXCEEDED,
  Status.INTERNAL,
  Status.UNKNOWN,
  Status.DATA_LOSS,
]);
