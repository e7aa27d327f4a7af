/** The option under which generated code keeps a oneof's name, if that is not the one in TypeScript. */
export const PROTO_NAME = "proto_name";
