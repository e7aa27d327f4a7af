/** An empty array. It is never given to the application, which could detach its buffer. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);
