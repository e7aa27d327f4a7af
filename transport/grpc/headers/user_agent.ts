import { VERSION } from "../../../rpc/version.ts";

/** The value of the kit's `user-agent`. */
export const USER_AGENT: string = `grpc-dinokit/${VERSION}`;
