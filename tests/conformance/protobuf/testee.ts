/**
 * What the runner of protobuf's conformance tests asks: reads messages from bytes or JSON and writes them as bytes or
 * JSON. Its argument is the folder of the code that the generator made for conformance.proto and
 * test_messages_proto3.proto.
 *
 * @module
 */

import type { MessageType } from "../../../mod.ts";
import { parseJson } from "../../../cli/commands/json_input.ts";

interface Request {
  payload?: { case: "protobufPayload"; value: Uint8Array } | { case: string; value: string };
  requestedOutputFormat: number;
  messageType: string;
  testCategory: number;
}

type Result = { case: string; value: string | Uint8Array };

const [folder] = Deno.args;
const { ConformanceRequest, ConformanceResponse, FailureSet, WireFormat, TestCategory } = await import(
  `${folder}/conformance/conformance.ts`
);
const { TestAllTypesProto3 } = await import(`${folder}/google/protobuf/test_messages_proto3.ts`);

const TYPES = new Map<string, MessageType<unknown>>(
  [TestAllTypesProto3, FailureSet].map((type) => [type.typeName, type]),
);

function answer({ payload, requestedOutputFormat, messageType, testCategory }: Request): Result {
  const type = TYPES.get(messageType);
  if (!type) return { case: "skipped", value: `no ${messageType}: this is proto3 only` };
  if (type === FailureSet) return { case: "protobufPayload", value: FailureSet.encode({}) };
  const ignoreUnknownFields = testCategory === TestCategory.JSON_IGNORE_UNKNOWN_PARSING_TEST;
  let message: unknown;
  try {
    if (payload?.case === "protobufPayload") message = type.decode(payload.value as Uint8Array);
    else if (payload?.case === "jsonPayload") {
      message = type.fromJson(parseJson(payload.value as string, "the payload"), { ignoreUnknownFields });
    } else return { case: "skipped", value: `no ${payload?.case}` };
  } catch (error) {
    return { case: "parseError", value: String(error) };
  }
  try {
    if (requestedOutputFormat === WireFormat.PROTOBUF) return { case: "protobufPayload", value: type.encode(message!) };
    if (requestedOutputFormat !== WireFormat.JSON) return { case: "skipped", value: "neither bytes nor JSON" };
    return { case: "jsonPayload", value: JSON.stringify(type.toJson(message!)) };
  } catch (error) {
    return { case: "serializeError", value: String(error) };
  }
}

/** The next bytes of stdin; undefined at its end. */
function read(length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = Deno.stdin.readSync(bytes.subarray(at));
    if (count === null) return undefined;
    at += count;
  }
  return bytes;
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

for (let head = read(4); head; head = read(4)) {
  const request = ConformanceRequest.decode(read(new DataView(head.buffer).getUint32(0, true))!);
  const response = ConformanceResponse.encode({ result: answer(request) });
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, response.length, true);
  write(length);
  write(response);
}
