import type { SchemaFlags } from "./schema_flags.ts";
import { consulAddressOf, consulName, type TargetFlags } from "./target.ts";

/** Where a command was sent, as one types it: for the commands that lead on. */
export interface Place {
  /** The server, with the flags that reach it. */
  readonly server: string;
  /** Who tells what there is: .proto files, or the server. */
  readonly schema: string;
  /** Consul, if the server is looked up there. */
  readonly consul?: string;
}

/** What the flags of a command may say of it. */
export type PlaceFlags = SchemaFlags & TargetFlags;

const CONSUL = ["consulTokenFile", "datacenter"] as const;
const TLS = ["tls", "ca", "cert", "key", "serverName"] as const;
const PROTO = ["proto", "include"] as const;

/** The place that a target and its flags mean. */
export function placeOf(target: string | undefined, flags: PlaceFlags): Place {
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

function typed(flags: PlaceFlags, names: readonly (keyof PlaceFlags)[]): string[] {
  return names.flatMap((name) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const values = [flags[name] ?? []].flat();
    return values.flatMap((value) => typeof value === "string" ? [flag, quoted(value)] : [flag]);
  });
}

/** A word as a shell reads it. */
const quoted = (word: string) => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
