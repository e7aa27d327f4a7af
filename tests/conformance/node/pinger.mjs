// A client on grpc-js whose keepalive pings a server of dinokit.test.Kinds. The last argument is a JSON object: address, keepalive and pause in
// milliseconds, and whether its two messages go over one stream. It fails if one of them does not come back.
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { grpc, kinds } from "./load.mjs";

const { address, keepalive, pause, stream } = JSON.parse(process.argv.at(-1));
const client = new kinds(address, grpc.credentials.createInsecure(), {
  "grpc.keepalive_time_ms": keepalive,
  "grpc.keepalive_permit_without_calls": 1,
});

const chat = stream ? client.bidi() : undefined;
const send = (text) =>
  new Promise((resolve, reject) => {
    if (!chat) return client.unary({ text }, (error, reply) => error ? reject(error) : resolve(reply));
    chat.once("data", resolve).once("error", reject);
    chat.write({ text });
  });
await send("first");
await setTimeout(pause);
await send("second");
chat?.end();
client.close();
