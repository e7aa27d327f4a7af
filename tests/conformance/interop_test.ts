import { assertEquals } from "@std/assert";
import { createClient } from "../../mod.ts";
import { PEER_PERMISSIONS } from "../interop/peers.ts";
import { needs } from "../needs.ts";
import { type Peer, runProgram, startProgram } from "../program.ts";
import { CASES } from "./interop_cases.ts";
import { program } from "./programs.ts";
import { TestService, UnimplementedService } from "./proto/test_service.ts";
import { startTestService } from "./test_service.ts";
import { onEachTransport } from "./transports.ts";
import { transportOf } from "../transport_of.ts";

const COMPRESSED = Object.keys(CASES).filter((name) => name.includes("_compressed_"));

/** grpc-go's interop client, or ours on grpc-go for the cases that it leaves out. */
async function runGoClient(name: string, address: string): Promise<void> {
  const port = address.slice(address.lastIndexOf(":") + 1);
  const outcome = await runProgram(
    COMPRESSED.includes(name)
      ? { path: await program("compression_client"), args: ["-addr", address, "-test_case", name] }
      : {
        path: await program("client"),
        args: ["-server_host", "127.0.0.1", "-server_port", port, "-test_case", name],
      },
  );
  assertEquals(outcome.code, 0, outcome.stdout + outcome.stderr);
}

/** grpc-go's interop server, or ours on grpc-go for the cases that it leaves out. */
async function startGoServer(name: string): Promise<Peer> {
  if (COMPRESSED.includes(name)) {
    return await startProgram({ path: await program("compression_server") }, "READY 127.0.0.1:");
  }
  const env = { GRPC_GO_LOG_SEVERITY_LEVEL: "info" }; // else it does not tell its port
  return await startProgram(
    { path: await program("server"), args: ["-port", "0"], env },
    "interop server listening on [::]:",
  );
}

for (const [name, run] of Object.entries(CASES)) {
  onEachTransport(`server: ${name} by grpc-go's client`, async (transport) => {
    await using server = await startTestService({ transport: transportOf(transport) });
    await runGoClient(name, server.address);
  });

  onEachTransport(`client: ${name} on grpc-go's server`, async (transport) => {
    await using server = await startGoServer(name);
    const options = { address: server.address, transport: transportOf(transport) };
    await using client = createClient(TestService, options);
    await using other = createClient(UnimplementedService, options);
    await run(client, other);
    if (!name.startsWith("server_compressed")) return;
    // It was really compressed: the server says of each reply how it sent it.
    await server.line("SENT compressed=false");
    assertEquals(server.lines.filter((line) => line.startsWith("SENT")), [
      "SENT compressed=true",
      "SENT compressed=false",
    ]);
  });

  onEachTransport(`both sides: ${name} with the kit alone`, async (transport) => {
    await using server = await startTestService({ transport: transportOf(transport) });
    const options = { address: server.address, transport: transportOf(transport) };
    await using client = createClient(TestService, options);
    await using other = createClient(UnimplementedService, options);
    await run(client, other);
  });
}

for (const name of COMPRESSED) {
  needs(PEER_PERMISSIONS, `grpc-go to grpc-go: ${name} as our two programs have it`, async () => {
    await using server = await startGoServer(name);
    await runGoClient(name, server.address);
  });
}
