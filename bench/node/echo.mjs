/** The service as grpc-js and nice-grpc take it. bench.proto lies beside this file in the cache folder. */
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";

const definition = loadSync(fileURLToPath(new URL("bench.proto", import.meta.url)), { keepCase: true });

export const { EchoService } = loadPackageDefinition(definition).echo;
