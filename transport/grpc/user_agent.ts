/** What the kit calls itself. */
export const USER_AGENT = "grpc-dinokit/0.1.0";
