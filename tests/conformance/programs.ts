/**
 * The programs of this folder, built by Go: h2spec, gRPC's interop tests, grpcurl, ghz, grpc_health_probe.
 *
 * @module
 */

import { buildGo, type GoModule } from "../go_programs.ts";

/** What grpc-go of today can be built with, and two programs of ours. */
const CURRENT: GoModule = { folder: new URL("go/", import.meta.url), packages: ["./...", "tool"] };

/** ghz 0.93.0 needs a grpc-go that the others are too new for. */
const GHZ: GoModule = { folder: new URL("ghz/", import.meta.url), packages: ["tool"] };

/**
 * The path of a program. It is built first, unless it is there.
 *
 * @param name Its name.
 * @throws {Error} If it can't be built; the message says what to do.
 */
export async function program(
  name:
    | "client"
    | "server"
    | "compression_client"
    | "compression_server"
    | "h2spec"
    | "grpcurl"
    | "grpc-health-probe"
    | "ghz",
): Promise<string> {
  return `${await buildGo(name === "ghz" ? GHZ : CURRENT)}/${name}`;
}
