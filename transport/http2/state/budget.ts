/** Counts the octets of messages that are held. Several connections may share one budget. */
export interface Budget {
  /** Received octets that nobody has read. */
  received: number;
  /** Octets that wait to be sent. */
  queued: number;
}
