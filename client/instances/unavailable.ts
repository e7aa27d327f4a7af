import { RpcError } from "../../rpc/error.ts";
import { Status } from "../../rpc/status.ts";
import type { ChannelSettings } from "./channel_settings.ts";
import type { Subchannel } from "./subchannel.ts";

/** How many addresses an error names. */
const MAX_NAMED_ADDRESSES = 5;

/** The error of a call for which no instance is known. */
export function noInstance(target: string, reason: string | undefined, cause: Error | undefined): RpcError {
  const text = `no instance of ${target} is known${reason === undefined ? "" : `: ${reason}`}`;
  return new RpcError(Status.UNAVAILABLE, text, { cause, origin: "connection" });
}

/**
 * The error of a call for which no instance could be reached. It names the addresses and the latest failure.
 *
 * @param settings Of the channel.
 * @param tried The instances: at least one.
 * @param oldList Why the list of instances is outdated; undefined if it is up to date.
 */
export function noConnection(
  { target, authority }: ChannelSettings,
  tried: readonly Subchannel[],
  oldList: string | undefined,
): RpcError {
  const last = tried.reduce((last, subchannel) => subchannel.failedAt > last.failedAt ? subchannel : last);
  const more = tried.length > MAX_NAMED_ADDRESSES ? ` and ${tried.length - MAX_NAMED_ADDRESSES} more` : "";
  const addresses = tried.slice(0, MAX_NAMED_ADDRESSES).map(({ instance }) => instance.address).join(", ") + more;
  const old = oldList === undefined ? "" : `; the list is outdated: ${oldList}`;
  const reason = last.lastError?.message ?? `${last.instance.address} was lost`;
  const to = authority !== undefined ? ` to ${target} (${addresses})` : tried.length > 1 ? ` to ${addresses}` : "";
  const text = `no connection${to}: ${reason}${old}`;
  return new RpcError(Status.UNAVAILABLE, text, { cause: last.lastError, origin: "connection" });
}
