import { ConsulError } from "./error.ts";
import type { ConsulHttp } from "./http.ts";
import { readHolder } from "./wire.ts";

/**
 * Returns the key of the lease that the agent has under an ID: undefined if the ID is free, `""` if the registration
 * is not Dinokit's.
 *
 * @throws {ConsulError} If the agent does not answer within `timeout` milliseconds, or answers with something else.
 */
export async function holderOf(
  http: ConsulHttp,
  id: string,
  timeout: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const filter = `ID == ${JSON.stringify(id)}`;
  const limits = { timeout, signal };
  const [, body] = await http.ask((api, options) => api.agent.service.list({ ...options, filter }), limits);
  return await http.read(body, (json) => {
    if (json.peek() === "{") return readHolder(json, id);
    throw new ConsulError(`Consul at ${http.address} answered with what is no list of services`, "garbage");
  });
}
