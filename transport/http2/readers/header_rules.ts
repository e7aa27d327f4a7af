/**
 * The rules for malformed field lists (RFC 9113, section 8). Each function returns why a list is malformed, or
 * undefined if it is valid. A malformed list ends its stream, never the connection.
 *
 * Blanks around a value are removed and are not an error, contrary to section 8.2.1: Go's HTTP/2 sends them, and Kitex
 * and grpc-go accept them.
 *
 * @module
 */

import { excerpt, quotedExcerpt } from "../../../base/text/excerpt.ts";
import { hasControl, isBlank, withoutBlanks } from "../../../rpc/field_value.ts";
import { SOURCE_METHOD, SOURCE_SERVICE } from "../../../rpc/source_headers.ts";
import type { FieldList } from "../hpack/field_list.ts";

/**
 * Returns the fields without the blanks around their values, except in pseudo-headers, where blanks are malformed.
 * Returns the same list if there are none.
 */
export function withoutOuterBlanks(fields: FieldList): FieldList {
  for (let i = 1; i < fields.length; i += 2) {
    const value = fields[i]!;
    if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))) {
      return fields.map((text, at) =>
        at % 2 === 0 || fields[at - 1]!.charCodeAt(0) === COLON ? text : withoutBlanks(text)
      );
    }
  }
  return fields;
}

/**
 * Returns the fields of a response without values that have control characters. Only such a value is lost, not the
 * status beside it. Returns the same list if there are none.
 */
export function withoutBadValues(fields: FieldList): FieldList {
  for (let i = 0; i < fields.length; i += 2) {
    if (isBadValue(fields, i)) return fields.filter((_, at) => !isBadValue(fields, at - at % 2));
  }
  return fields;
}

const isBadValue = (fields: FieldList, i: number) => fields[i]!.charCodeAt(0) !== COLON && hasControl(fields[i + 1]!);

/**
 * Returns why the fields of a request are malformed (sections 8.2 and 8.3.1). CONNECT counts as malformed, as gRPC does
 * not use it.
 */
export function malformedRequest(fields: FieldList): string | undefined {
  let [method, scheme, path, authority] = ["", "", "", false as boolean];
  let regular = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!, value = fields[i + 1]!;
    if (name.charCodeAt(0) !== COLON) {
      regular = true;
      const why = malformedField(name, value);
      if (why !== undefined) return why;
      if (hasControl(value)) return `control characters in ${excerpt(name)}`;
      continue;
    }
    if (regular) return `${excerpt(name)} behind other fields`;
    if (hasControl(value) || withoutBlanks(value) !== value) {
      return `characters in ${excerpt(name)} that it may not have`;
    }
    if (name === ":method" && method === "") method = value;
    else if (name === ":scheme" && scheme === "") scheme = value;
    else if (name === ":path" && path === "") path = value;
    else if (name === ":authority" && !authority) authority = true;
    else return `a pseudo-header that is unknown, empty or there twice: ${excerpt(name)}`;
  }
  if (method === "" || scheme === "" || path === "") return "no :method, :scheme or :path";
  return undefined;
}

/**
 * Returns why the fields of a response are malformed (section 8.3.2). The values are those from
 * {@linkcode withoutBadValues}.
 */
export function malformedResponse(fields: FieldList): string | undefined {
  if (fields[0] !== ":status" || !/^[1-9]\d\d$/.test(fields[1]!)) return "no valid :status at first";
  return malformedFields(fields, 2);
}

/** Returns why trailers are malformed. They must not have pseudo-headers (section 8.1). */
export function malformedTrailers(fields: FieldList): string | undefined {
  return malformedFields(fields, 0);
}

function malformedFields(fields: FieldList, start: number): string | undefined {
  for (let i = start; i < fields.length; i += 2) {
    const why = malformedField(fields[i]!, fields[i + 1]!);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Fields that concern one connection. HTTP/2 forbids them (section 8.2.2). */
const CONNECTION_SPECIFIC = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Names that most messages have, which need no check of each character. */
const USUAL = new Set([
  ...[
    "content-type",
    "user-agent",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "grpc-status",
    "grpc-message",
  ],
  ...[SOURCE_SERVICE, SOURCE_METHOD],
]);

function malformedField(name: string, value: string): string | undefined {
  if (USUAL.has(name)) return undefined;
  if (!isName(name)) return `a field name that has capitals, is empty or no token: ${quotedExcerpt(name)}`;
  if (CONNECTION_SPECIFIC.has(name) || (name === "te" && value !== "trailers")) {
    return `${name}, which belongs to a connection of HTTP/1`;
  }
  return undefined;
}

const COLON = 0x3a;

/** The characters of a field name: those of a token (RFC 9110, section 5.6.2), except upper-case letters. */
const TOKEN = Uint8Array.from(
  { length: 256 },
  (_, c) => /[!#$%&'*+\-.^_`|~0-9a-z]/.test(String.fromCharCode(c)) ? 1 : 0,
);

function isName(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return false;
  return name.length > 0;
}
