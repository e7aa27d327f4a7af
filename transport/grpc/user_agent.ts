import { VERSION } from "../../rpc/version.ts";

/** What the kit calls itself. */
export const USER_AGENT: string = `grpc-dinokit/${VERSION}`;
