// One call to dinokit.test.Kinds with grpc-js on Node. The last argument is a JSON object (see peer.ts); it prints what came of it as JSON.
import { Buffer } from "node:buffer";
import process from "node:process";
import { grpc, kinds, Msg, RpcStatus } from "./load.mjs";

const want = JSON.parse(process.argv.at(-1));
const GZIP = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };
const client = new kinds(want.address, grpc.credentials.createInsecure(), want.gzip ? GZIP : {});
const message = { text: want.text, count: want.messages, data: Buffer.alloc(want.size) };
const metadata = new grpc.Metadata();
for (const [key, value] of Object.entries(want.metadata)) {
  metadata.add(key, key.endsWith("-bin") ? Buffer.from(value, "base64") : value);
}
const options = want.timeout ? { deadline: Date.now() + want.timeout } : {};
const replies = [];
let header = new grpc.Metadata();

/** The values of -bin keys as base64. */
function fieldsOf(metadata) {
  const fields = {};
  for (const key of Object.keys(metadata.getMap())) {
    fields[key] = metadata.get(key).map((value) => typeof value === "string" ? value : value.toString("base64"));
  }
  return fields;
}

let over;
const received = new Promise((resolve) => over = resolve);

function start() {
  const onReply = (_error, reply) => {
    if (reply) note(reply); // the status says the error
    over();
  };
  switch (want.kind) {
    case "unary":
      return client.unary(message, metadata, options, onReply);
    case "client":
      return client.clientStream(metadata, options, onReply);
    case "server":
      return client.serverStream(message, metadata, options);
    default:
      return client.bidi(metadata, options);
  }
}

function note({ text, count, data }) {
  replies.push({ text, count, bytes: data.length });
  if (replies.length === want.cancelAfter) call.cancel();
}

const call = start();
call.on("metadata", (fields) => {
  header = fields;
  if (want.cancelAfter === 0) call.cancel();
});
if (want.kind === "server" || want.kind === "bidi") call.on("data", note).on("error", over).on("end", over);
if (want.kind === "client" || want.kind === "bidi") {
  for (let i = 0; i < want.messages; i++) call.write(message);
  call.end();
}

call.on("status", async ({ code, details, metadata }) => {
  await received;
  const [bytes] = metadata.get("grpc-status-details-bin");
  const found = bytes ? RpcStatus.decode(bytes).details.map(({ value }) => Msg.decode(value).text) : [];
  const status = { code, message: details, details: found };
  console.log(JSON.stringify({ replies, header: fieldsOf(header), trailer: fieldsOf(metadata), status }));
  client.close();
});
