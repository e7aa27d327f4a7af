import { Buffer } from "node:buffer";
import http2 from "node:http2";
import tls from "node:tls";
import { type grpc, loadGrpcJs } from "./deps.ts";
import { withoutBlanks } from "../../rpc/field_value.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import { connectTls, type Trust } from "../../tls/connect.ts";
import type { ClientTls } from "../transport.ts";
import { after } from "../../base/time.ts";

/** The module grpc-js. */
export type GrpcJs = typeof grpc;

let loading: Promise<GrpcJs> | undefined;

/** Loads grpc-js once, with workarounds that prevent crashes on Deno and keep UTF-8 text intact. */
export function load(): Promise<GrpcJs> {
  return loading ??= (async () => {
    deferGoaway();
    checkServers();
    const module = await outsideScopes(loadGrpcJs) as unknown as GrpcJs & { default?: GrpcJs };
    const grpc = module.default ?? module;
    keepUtf8(grpc);
    // grpc-js also writes its errors to stderr.
    grpc.setLogVerbosity(grpc.logVerbosity.NONE);
    return grpc;
  })();
}

/**
 * grpc-js closes its session inside node:http2's `goaway` event, and Deno 2.9.4 to 2.9.6 abort the process there:
 * https://github.com/denoland/deno/issues/36788. A turn later it is safe. To be removed when that issue is closed.
 */
function deferGoaway(): void {
  const { connect } = http2;
  http2.connect = ((...args: Parameters<typeof connect>) => {
    const session = connect(...args);
    const emit = session.emit.bind(session) as (event: string | symbol, ...values: unknown[]) => boolean;
    session.emit = ((event: string | symbol, ...values: unknown[]) => {
      if (event !== "goaway") return emit(event, ...values);
      after(0, () => emit(event, ...values));
      return true;
    }) as typeof session.emit;
    return session;
  }) as typeof connect;
}

/** The server that a secure context is for. */
const trusts = new WeakMap<object, Trust>();

/** Creates a secure context for one server. Connections with it use {@linkcode connectTls}. */
export function secureContextFor({ ca, cert, key }: ClientTls, name: string): tls.SecureContext {
  const context = tls.createSecureContext({ ca, cert, key, minVersion: "TLSv1.2" });
  trusts.set(context, { ca, name });
  return context;
}

/**
 * Makes grpc-js use the kit's check of servers: the check of node:tls has faults. To be removed with this transport.
 */
function checkServers(): void {
  const { connect } = tls as unknown as { connect(options: tls.ConnectionOptions, ...rest: unknown[]): tls.TLSSocket };
  (tls as { connect: unknown }).connect = (options: tls.ConnectionOptions, ...rest: unknown[]) => {
    const trust = options?.secureContext && trusts.get(options.secureContext);
    return trust ? connectTls(options, trust, rest[0] as () => void) : connect(options, ...rest);
  };
}

/** The private parts of grpc-js's Metadata that are used here. `load_test.ts` fails if they are gone. */
export interface RawMetadata {
  internalRepr: Map<string, (string | Uint8Array)[]>;
}

/**
 * Makes grpc-js accept every received value unchanged. It drops values that are not ASCII
 * (https://github.com/grpc/grpc-node/issues/1173), but Kitex sends metainfo as raw UTF-8. To be removed with this
 * transport.
 */
function keepUtf8(grpc: GrpcJs): void {
  grpc.Metadata.fromHttp2Headers = (headers) => {
    const metadata = new grpc.Metadata();
    const { internalRepr } = metadata as unknown as RawMetadata;
    for (const [key, value] of Object.entries(headers)) {
      if (key.startsWith(":") || value === undefined) continue;
      const values = typeof value === "string" ? [value] : Array.isArray(value) ? value : [String(value)];
      internalRepr.set(
        key,
        key.endsWith("-bin")
          ? values.flatMap((list) => list.split(",")).map((text) => Buffer.from(text.trim(), "base64"))
          : values.map((text) => fromLatin1(withoutBlanks(text))),
      );
    }
    return metadata;
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Decodes UTF-8 that arrived as one character for each byte. */
function fromLatin1(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text;
  try {
    return utf8.decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  } catch {
    return text;
  }
}
