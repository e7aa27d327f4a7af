/** What must not happen. */
export class Fault extends Error {}
