/**
 * Messages to bytes and back: what generated code is made of.
 *
 * @module
 */

export { defineService, messageType, type ProtoDescriptor, type ProtoFile, protoFile } from "./file.ts";
