/**
 * Who makes a call, in the fields that Kitex' `transmeta` handlers write and read: its access lists and logs go by
 * them. Any caller can send any value, so they are no proof.
 *
 * @module
 */

import { Metadata } from "./metadata.ts";

/** The service that makes a call, and the method whose handler does. */
export interface Source {
  /** The name of the server, as the registry has it. */
  readonly service: string;
  /** The method's name in the .proto file. */
  readonly method: string;
}

/** The field of {@linkcode Source.service}. */
export const SOURCE_SERVICE = "source-service";
/** The field of {@linkcode Source.method}. */
export const SOURCE_METHOD = "source-method";

/** The source of a call that no handler makes: Kitex, too, sends the fields empty where a chain of calls starts. */
export const NO_SOURCE: Source = { service: "", method: "" };

/** Whether a field is one of the two. */
export const isSourceField = (name: string): boolean => name === SOURCE_SERVICE || name === SOURCE_METHOD;

/** Whether an application says itself who makes the call. */
export function hasSource(metadata: Metadata): boolean {
  for (const [name] of metadata) if (isSourceField(name)) return true;
  return false;
}

/** The metadata of a call with its source. What an application says of itself goes before. */
export function addSource(metadata: Metadata, { service, method }: Source = NO_SOURCE): Metadata {
  const entries = [...metadata];
  if (!metadata.has(SOURCE_SERVICE)) entries.push([SOURCE_SERVICE, service]);
  if (!metadata.has(SOURCE_METHOD)) entries.push([SOURCE_METHOD, method]);
  return Metadata.unchecked(entries);
}
