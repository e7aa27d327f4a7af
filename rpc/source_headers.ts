/**
 * The service and method that make a call, in the header fields that Kitex's `transmeta` handlers write and read. Kitex
 * uses them in access lists and logs. They prove nothing, because any caller can send any value.
 *
 * @module
 */

import { Metadata } from "./metadata.ts";

/** The service that makes a call, and the method whose handler makes it. */
export interface Source {
  /** The name of the server, as in the registry. */
  readonly service: string;
  /** The method's name in the .proto file. */
  readonly method: string;
}

/** The field of {@linkcode Source.service}. */
export const SOURCE_SERVICE = "source-service";
/** The field of {@linkcode Source.method}. */
export const SOURCE_METHOD = "source-method";

/**
 * The source of a call outside of a handler. As Kitex does, the kit sends empty fields where a chain of calls starts.
 */
export const NO_SOURCE: Source = { service: "", method: "" };

/** Whether a field is one of the two source fields. */
export const isSourceField = (name: string): boolean => name === SOURCE_SERVICE || name === SOURCE_METHOD;

/** Whether the application set a source field itself. */
export function hasSource(metadata: Metadata): boolean {
  for (const [name] of metadata) if (isSourceField(name)) return true;
  return false;
}

/** Returns the metadata of a call with its source added. Source fields that the application set take precedence. */
export function addSource(metadata: Metadata, { service, method }: Source = NO_SOURCE): Metadata {
  const entries = [...metadata];
  if (!metadata.has(SOURCE_SERVICE)) entries.push([SOURCE_SERVICE, service]);
  if (!metadata.has(SOURCE_METHOD)) entries.push([SOURCE_METHOD, method]);
  return Metadata.unchecked(entries);
}
