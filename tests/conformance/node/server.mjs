// dinokit.test.Kinds on grpc-js and Node. Prints READY and CANCELLED. Arguments: the folder with the packages, the folder of kinds.proto.
import { grpc, kinds, Msg, RpcStatus } from "./load.mjs";

/** Returns x-echo and x-echo-bin in the header and x-trail in the trailer; answers the trailer. */
function echo(call) {
  const header = new grpc.Metadata();
  const trailer = new grpc.Metadata();
  for (const key of ["x-echo", "x-echo-bin"]) call.metadata.get(key).forEach((value) => header.add(key, value));
  call.metadata.get("x-trail").forEach((value) => trailer.add("x-trail", value));
  call.sendMetadata(header);
  return trailer;
}

/** Does what a text asks for, fail:CODE:TEXT, sleep:MS or hang; then `done` gets the failure, if there is one. */
function act(text, call, trailer, done) {
  const [verb, code, ...rest] = text.split(":");
  if (verb === "fail") {
    const message = rest.join(":");
    const details = [{
      type_url: "type.googleapis.com/dinokit.test.Msg",
      value: Msg.encode({ text: message }).finish(),
    }];
    trailer.set("grpc-status-details-bin", RpcStatus.encode({ code: Number(code), message, details }).finish());
    return done({ code: Number(code), details: message, metadata: trailer });
  }
  if (verb === "sleep") return setTimeout(done, Number(code));
  if (verb === "hang") return call.on("cancelled", () => console.log("CANCELLED"));
  done();
}

/** Does what each request asks for. The returned function says whether none asked for anything that ends the call. */
function eachRequest(call, trailer, take, fail) {
  let plain = true;
  call.on("data", (request) => {
    if (/^(fail|hang)/.test(request.text)) plain = false;
    call.pause(); // one after the other
    act(request.text, call, trailer, (failure) => {
      call.resume();
      if (failure) fail(failure);
      else take(request);
    });
  });
  return () => plain;
}

const service = {
  unary(call, reply) {
    const trailer = echo(call);
    act(call.request.text, call, trailer, (failure) => reply(failure ?? null, call.request, trailer));
  },
  clientStream(call, reply) {
    const trailer = echo(call);
    const texts = [];
    const plain = eachRequest(call, trailer, ({ text }) => texts.push(text), reply);
    call.on("end", () => plain() && reply(null, { text: texts.join(","), count: texts.length }, trailer));
  },
  serverStream(call) {
    const trailer = echo(call);
    const { text, count, data } = call.request;
    for (let i = 0; i < count; i++) call.write({ text, count: i, data });
    act(text, call, trailer, (failure) => failure ? call.emit("error", failure) : call.end(trailer));
  },
  bidi(call) {
    const trailer = echo(call);
    const plain = eachRequest(
      call,
      trailer,
      (request) => call.write(request),
      (failure) => call.emit("error", failure),
    );
    call.on("end", () => plain() && call.end(trailer));
  },
};

const server = new grpc.Server();
server.addService(kinds.service, service);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`READY 127.0.0.1:${port}`);
});
process.on("SIGTERM", () => process.exit());
