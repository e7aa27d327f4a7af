import { type Address, formatAddress } from "../../base/address.ts";
import type { grpc } from "./deps.ts";
import { ConnectError } from "../connect_error.ts";
import type { CallStart, ClientCall, Connection, ConnectOptions } from "../transport.ts";
import { GrpcClientCall } from "./client_call.ts";
import { type GrpcJs, secureContextFor } from "./load.ts";
import { hostOf, whyNot } from "./why_not.ts";

const ALGORITHM = { deflate: 1, gzip: 2 };

/** Connects through grpc-js, with one client, one subchannel and one connection. */
export async function connect(grpc: GrpcJs, options: ConnectOptions): Promise<Connection> {
  const { address, limits, compression, authority } = options;
  await probe(address, options.signal);
  const client = new grpc.Client(targetOf(address), credentialsOf(grpc, options), {
    "grpc.default_authority": authority,
    "grpc.max_receive_message_length": limits.receiveMessageBytes,
    "grpc.max_send_message_length": limits.sendMessageBytes,
    "grpc.enable_retries": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.service_config_disable_resolution": 1,
    "grpc.enable_channelz": 0,
    ...(options.tls ? { "grpc.ssl_target_name_override": options.tls.serverName ?? hostOf(address) } : {}),
    ...(compression === "identity" ? {} : { "grpc.default_compression_algorithm": ALGORITHM[compression] }),
  });
  try {
    await ready(grpc, client, options);
  } catch (error) {
    client.close();
    throw error;
  }
  return new GrpcConnection(grpc, client, options);
}

class GrpcConnection implements Connection {
  readonly peer: { address: string };
  readonly closed: Promise<string>;
  readonly #grpc: GrpcJs;
  readonly #client: grpc.Client;
  readonly #options: ConnectOptions;
  readonly #calls = new Set<GrpcClientCall>();
  readonly #lost = Promise.withResolvers<string>();
  readonly #idle = Promise.withResolvers<void>();
  #closing = false;

  constructor(grpc: GrpcJs, client: grpc.Client, options: ConnectOptions) {
    this.#grpc = grpc;
    this.#client = client;
    this.#options = options;
    this.peer = { address: formatAddress(options.address) };
    this.closed = this.#lost.promise;
    client.getChannel().watchConnectivityState(grpc.connectivityState.READY, Infinity, () => {
      this.#lost.resolve(`the connection to ${this.peer.address} was lost`);
    });
  }

  start(start: CallStart): ClientCall {
    const call = new GrpcClientCall(this.#grpc, this.#client, start, this.#options.limits, (ended) => {
      this.#calls.delete(ended);
      this.#check();
    });
    if (call.status === undefined) this.#calls.add(call);
    return call;
  }

  close(force: boolean = false): Promise<void> {
    this.#closing = true;
    this.#lost.resolve("the client closed the connection");
    if (force) { for (const call of this.#calls) call.cancel(); }
    this.#check();
    return this.#idle.promise;
  }

  #check(): void {
    if (!this.#closing || this.#calls.size > 0) return;
    this.#client.close();
    this.#idle.resolve();
  }
}

/** Waits until the channel is ready or fails for the first time. grpc-js itself would retry for ever. */
async function ready(grpc: GrpcJs, client: grpc.Client, options: ConnectOptions): Promise<void> {
  const { signal } = options;
  const { READY, TRANSIENT_FAILURE, SHUTDOWN } = grpc.connectivityState;
  const channel = client.getChannel();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onAbort = () => reject(signal.reason);
  const look = () => {
    const state = channel.getConnectivityState(true);
    if (state === READY) return resolve(true);
    if (state === TRANSIENT_FAILURE) return resolve(false);
    if (state !== SHUTDOWN) channel.watchConnectivityState(state, Infinity, look);
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  look();
  const connected = await promise.finally(() => signal.removeEventListener("abort", onAbort));
  if (!connected) throw await whyNot(options);
}

/** Connects and disconnects: grpc-js does not report why a connection fails, and retries for a while. */
async function probe(address: Address, signal: AbortSignal): Promise<void> {
  try {
    const socket = address.kind === "unix"
      ? await Deno.connect({ transport: "unix", path: address.path })
      : await Deno.connect({ hostname: hostOf(address), port: address.kind === "tcp" ? address.port : 0, signal });
    socket.close();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const text = `can't connect to ${formatAddress(address)}: ${(error as Error).message}`;
    throw new ConnectError("unreachable", () => text, error);
  }
}

function credentialsOf({ credentials }: GrpcJs, { tls, address }: ConnectOptions): grpc.ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createFromSecureContext(secureContextFor(tls, tls.serverName ?? hostOf(address)));
}

function targetOf(address: Address): string {
  if (address.kind !== "tcp") return formatAddress(address);
  if (address.host.includes(":")) return `ipv6:${formatAddress(address)}`;
  return /^[\d.]+$/.test(address.host) ? `ipv4:${formatAddress(address)}` : `dns:${formatAddress(address)}`;
}
