import { advertisedAddress } from "../registry/advertise.ts";
import type { Lease, Registration } from "../registry/registry.ts";
import type { Address } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import { healthUrl } from "./health/http_handler.ts";
import type { HealthServer } from "./health/http_server.ts";
import type { ServerOptions } from "./options.ts";

/** Returns the registration of a server. */
export function registrationOf({ name, weight, tags, meta }: ServerOptions, address: string): Registration {
  return { name, address, weight, tags, meta };
}

/** Registers a server that listens on `listens`, if it has a registry. */
export function register(
  options: ServerOptions,
  listens: Address,
  health: HealthServer["address"] | undefined,
  logger: Logger,
): Lease | undefined {
  const { registry, name, advertise } = options;
  if (!registry) return undefined;
  const { address, note } = advertisedAddress(listens, advertise);
  if (note) logger.info(note, { service: name, address });
  const registration = { ...registrationOf(options, address), healthUrl: health && healthUrl(health, address) };
  const lease = registry.register(registration, logger);
  // The contract says that `registered` never rejects. This catches a registry that breaks it.
  Promise.resolve(lease.registered).catch((error) =>
    logger.error("the server is not registered", { service: name, error })
  );
  return lease;
}

/**
 * Removes the server from the registry. Never rejects, so that a failing registry does not keep the server from
 * draining.
 */
export async function release(lease: Lease, service: string, logger: Logger): Promise<void> {
  try {
    await lease.release();
  } catch (error) {
    logger.error("the registry did not release the server", { service, error });
  }
}

/**
 * Starts the maintenance mode of a registered server, or ends it if `reason` is undefined.
 *
 * @throws {TypeError} If the server is not registered, or its registry has no maintenance mode.
 */
export function maintain(lease: Lease | undefined, reason: string | undefined): void {
  if (!lease) {
    throw new TypeError(
      "server.maintenance: there is no registration; give createServer the option registry, and start it",
    );
  }
  if (!lease.maintain) {
    throw new TypeError("server.maintenance: the registry has no maintenance mode; consul() has");
  }
  lease.maintain(reason);
}
