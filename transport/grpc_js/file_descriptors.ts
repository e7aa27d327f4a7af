import type { Server, Socket } from "node:net";
import type { Address } from "../../base/address.ts";
import type { Logger } from "../../base/logger.ts";
import { every } from "../../base/time.ts";
import { acceptAgain, isExhausted, type Shortage, shortageAt } from "../file_descriptors.ts";

/** How often the descriptors are checked, in milliseconds. */
const LOOK_MS = 1000;
const NO_SHORTAGE: Shortage = { room: Infinity, until: 0 };

/**
 * Keeps the servers of one listener accepting after a shortage of file descriptors. Without it, they stop accepting for
 * ever.
 */
export class DescriptorWatch {
  readonly #logger: Logger;
  readonly #servers = new Set<Server>();
  /** The connections, the oldest first. */
  readonly #sockets = new Set<Socket>();
  #shortage = NO_SHORTAGE;
  #stop: (() => void) | undefined;

  /** @param logger A logger that never throws, from `guardedLogger`. */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a server, before it listens. */
  add(server: Server): void {
    this.#servers.add(server);
    server.prependListener("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts the checks. To be called when the servers listen. */
  start(address: Address): void {
    this.#stop = every(LOOK_MS, () => this.#look(address));
  }

  /** Stops the checks. To be called when the servers stop listening. */
  stop(): void {
    this.#stop?.();
  }

  #look(address: Address): void {
    if (performance.now() >= this.#shortage.until) {
      this.#shortage = NO_SHORTAGE;
      if (isExhausted(address)) this.#makeRoom(address);
    }
    for (const server of this.#servers) {
      // Each server counts its own connections.
      server.maxConnections = this.#shortage.room;
      acceptAgain(server);
    }
  }

  /** Closes the youngest connections, first those that have sent nothing. */
  #makeRoom(address: Address): void {
    this.#shortage = shortageAt(address, this.#sockets.size, this.#logger);
    const silent: Socket[] = [], others: Socket[] = [];
    for (const socket of this.#sockets) (socket.bytesRead === 0 ? silent : others).push(socket);
    for (const socket of [...others, ...silent].slice(this.#shortage.room)) socket.destroy();
  }
}
