import { loadDescriptorProto } from "../../deps.ts";
import { outsideScopes } from "../../base/outside_scopes.ts";
import type { MessageType } from "../../rpc/service.ts";
import { messageType, type ProtoDescriptor, protoFile } from "../file.ts";

let type: Promise<MessageType<unknown>> | undefined;

/** The type of descriptors, which is loaded when it is first needed. */
export function fileDescriptorProto(): Promise<MessageType<unknown>> {
  type ??= outsideScopes(loadDescriptorProto).then(({ default: json }) =>
    messageType(
      protoFile("google/protobuf/descriptor.proto", json as ProtoDescriptor),
      "google.protobuf.FileDescriptorProto",
    )
  );
  // Loading may go well the next time.
  type.catch(() => type = undefined);
  return type;
}
