import type { SchemaFlags } from "./schema_flags.ts";
import { consulAddressOf, consulName, type TargetFlags } from "./target.ts";

/** The target of a command in the form in which a user types it, for suggested next commands. */
export interface TypedTarget {
  /** The server, with the flags to reach it. */
  readonly server: string;
  /** The source of the schema: .proto files, or the server. */
  readonly schema: string;
  /** The flags for Consul, if the server is looked up there. */
  readonly consul?: string;
}

/** The flags that say how to reach the server and its schema. */
export type TypedFlags = SchemaFlags & TargetFlags;

const CONSUL = ["consulTokenFile", "datacenter"] as const;
const TLS = ["tls", "ca", "cert", "key", "serverName"] as const;
const PROTO = ["proto", "include"] as const;

/** Returns a target and its flags as a user types them. */
export function typedTarget(target: string | undefined, flags: TypedFlags): TypedTarget {
  const inConsul = target === undefined || consulName(target) !== undefined;
  const consul = inConsul ? ["--consul", consulAddressOf(flags), ...typed(flags, CONSUL)].join(" ") : undefined;
  const server = [
    ...(target === undefined ? [] : [quoted(target)]),
    ...(consul !== undefined && (flags.consul !== undefined || target === undefined) ? [consul] : []),
    ...typed(flags, TLS),
  ].join(" ");
  return {
    server,
    schema: flags.proto ? typed(flags, PROTO).join(" ") : server,
    ...(consul !== undefined && { consul }),
  };
}

function typed(flags: TypedFlags, names: readonly (keyof TypedFlags)[]): string[] {
  return names.flatMap((name) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const values = [flags[name] ?? []].flat();
    return values.flatMap((value) => typeof value === "string" ? [flag, quoted(value)] : [flag]);
  });
}

/** Quotes a word for a shell. */
const quoted = (word: string) => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
