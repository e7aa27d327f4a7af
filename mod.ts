/**
 * Dinokit: gRPC microservices on Deno. Generates typed servers and clients from .proto files, discovers instances
 * through Consul, and interoperates with Kitex.
 *
 * @example
 * ```ts ignore
 * import { consul, createServer } from "@dinokit/dinokit";
 * import { EchoService } from "./proto/echo.ts";
 *
 * const server = createServer({
 *   name: "echoservice",
 *   address: "127.0.0.1:8888",
 *   health: { address: "127.0.0.1:8889" },
 *   registry: consul("127.0.0.1:8500"),
 * });
 * server.add(EchoService, { echo: (req) => ({ resp: req.mes }) });
 * await server.run();
 * ```
 *
 * @module
 */

// Servers and clients
export { createServer } from "./server/create_server.ts";
export type { Server } from "./server/server.ts";
export type { HealthOptions, ServerOptions, Workers } from "./server/options.ts";
export type { HealthReport, Phase } from "./server/health/http_handler.ts";
export type { CheckResults, HealthCheck } from "./server/health/checks.ts";
export type { Handler, Handlers } from "./server/call/handlers.ts";
export type { LimitName } from "./server/limit_hits.ts";
export type { ServerMiddleware } from "./server/call/dispatch.ts";
export { type Client, type ClientMethod, createClient } from "./client/client.ts";
export { clientState } from "./client/client_state.ts";
export type { ClientState, DiscoveryState, InstanceCondition, InstanceState } from "./client/instances/state.ts";
export type { ClientOptions } from "./client/options.ts";
export type { CallOptions } from "./client/call/call_options.ts";
export type { ClientContext, ClientMiddleware } from "./client/call/context.ts";
export type { Fallback, Fallbacks } from "./client/call/fallback.ts";
export type { Balancer, CallToBalance, Candidate } from "./client/balancing/balancer.ts";

// Policies: the rules that may change while a program runs
export type {
  BalancerName,
  BreakerPolicy,
  ClientPolicy,
  HedgePolicy,
  InjectionPolicy,
  MethodPolicy,
  OutlierPolicy,
  PolicySource,
  RetryBudget,
  RetryPolicy,
  StatusName,
} from "./policy/policy.ts";
export type {
  ConcurrencyPolicy,
  OverloadPolicy,
  RatePolicy,
  ServerMethodPolicy,
  ServerPolicy,
} from "./policy/server_policy.ts";

// Calls: context, metadata, errors, middleware
export { type CurrentCall, type ServerContext, withMetainfo } from "./rpc/context.ts";
export { type ContextKey, contextKey, type ContextValues } from "./rpc/context_key.ts";
export { currentCall } from "./rpc/current_call.ts";
export { detached, type DetachedOptions } from "./rpc/detached.ts";
export type { Metainfo, MetainfoInit, MetainfoValues, OutgoingMetainfo } from "./rpc/metainfo.ts";
export { Metadata, type MetadataInit, type MetadataValue } from "./rpc/metadata.ts";
export {
  BizError,
  type ErrorDetail,
  errorDetail,
  type ErrorOrigin,
  RpcError,
  type RpcErrorOptions,
} from "./rpc/error.ts";
export { Status, statusName } from "./rpc/status.ts";
export { httpStatus } from "./rpc/http_status.ts";
export type { Call, Middleware, Next } from "./rpc/middleware.ts";
export type { Peer, PeerIdentity } from "./rpc/peer.ts";
export type { Source } from "./rpc/source_headers.ts";
export { createLogger, type LogFields, type Logger, type LogLevel } from "./base/logger.ts";
export type { OptionError } from "./base/options/check_options.ts";
export { type Address, formatAddress, parseAddress } from "./base/address.ts";
export { VERSION } from "./rpc/version.ts";

// Discovery
export { consul, type ConsulOptions, type ConsulTls } from "./registry/consul/consul.ts";
export { memoryRegistry } from "./registry/memory.ts";
export { staticAddresses } from "./registry/static.ts";
export type {
  Instance,
  KeyValue,
  Lease,
  Registration,
  Registry,
  Resolution,
  Resolver,
  Watch,
  WatchState,
} from "./registry/registry.ts";

// Transports
export { memoryTransport } from "./transport/memory/mod.ts";
export type { TransportName } from "./transport/choose.ts";
export type {
  CallStart,
  CallStatus,
  ClientCall,
  ClientTls,
  ClientTransport,
  Compression,
  Connection,
  ConnectOptions,
  Limits,
  Listener,
  ListenOptions,
  MaybePromise,
  ServerCall,
  ServerTls,
  ServerTransport,
  Transport,
} from "./transport/transport.ts";

// Configuration
export {
  configure,
  type Configured,
  type ConfiguredServerOptions,
  type ConfigureOptions,
  type SharedOption,
} from "./config/configure.ts";
export {
  type Bounds,
  type CalledService,
  clientPolicyFrom,
  type Config,
  ConfigError,
  configLogger,
  type ConfigPermissions,
  configPermissions,
  type ConfigProblem,
  type Field,
  type FieldMaker,
  type Fields,
  fields,
  loadConfig,
  type LoadConfigOptions,
  type OwnSection,
  type OwnSections,
  type OwnValues,
  readTls,
  serverPolicyFrom,
} from "./config/mod.ts";

// The runtime of generated code
export * from "./codec/mod.ts";
