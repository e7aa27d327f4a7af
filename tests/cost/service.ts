import type { MessageType, Method, Service } from "../../rpc/service.ts";
import { Empty } from "../../codec/well_known.ts";
import { COSTLY, type Costly } from "./messages.ts";

/** The types of all costly messages. */
const TYPES: readonly MessageType<unknown>[] = [...new Set(COSTLY.map(({ type }) => type))];

const method = (at: number, request: MessageType<unknown>): Method => ({
  name: `Keep${at}`,
  path: `/dinokit.cost.Cost/Keep${at}`,
  kind: "unary",
  request,
  response: Empty,
});

/** A service with a method for each type of costly messages: `keep0` and so on. */
export const costServiceOf = (): Service => ({
  typeName: "dinokit.cost.Cost",
  methods: Object.fromEntries(TYPES.map((type, at) => [`keep${at}`, method(at, type)])),
});

/** The same for a client, whose requests are bytes. */
export const rawServiceOf = (): Service => ({
  typeName: "dinokit.cost.Cost",
  methods: Object.fromEntries(
    TYPES.map((type, at) => [`keep${at}`, method(at, { ...type, encode: (bytes) => bytes as unknown as Uint8Array })]),
  ),
});

/** The method that takes such a message. */
export const methodOf = ({ type }: Costly): string => `keep${TYPES.indexOf(type)}`;
