/** The part of a socket that a connection uses: a `Deno.Conn`, or something similar. */
export interface Socket {
  /** Reads into `buf`. Returns the number of octets, or null at the end. */
  read(buf: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`. Returns the number of octets. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the writing side. */
  closeWrite?(): Promise<void>;
  /** Closes the socket. It may be called again. */
  close(): void;
  /** Keeps the process alive while a read waits, which is the default. */
  ref?(): void;
  /** Lets the process end while a read waits. */
  unref?(): void;
}
