// What both programs are made of. Arguments: the folder with the packages, the folder of kinds.proto.
import { createRequire } from "node:module";
import process from "node:process";

const [packages, protos] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
export const grpc = require("@grpc/grpc-js");
const protobuf = require("protobufjs");

const definition = require("@grpc/proto-loader").loadSync(`${protos}/kinds.proto`, { defaults: true });
export const kinds = grpc.loadPackageDefinition(definition).dinokit.test.Kinds;
export const Msg = protobuf.loadSync(`${protos}/kinds.proto`).lookupType("dinokit.test.Msg");
export const RpcStatus = protobuf.parse(
  `
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
`,
  { keepCase: true },
).root.lookupType("Status");
