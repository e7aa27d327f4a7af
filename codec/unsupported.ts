/** Something of protobuf that the kit does not have: the message names it. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}
