/**
 * Which field lists are malformed (RFC 9113, section 8): each function says why, or undefined if the list is right. What is
 * malformed ends its stream, never the connection.
 *
 * @module
 */

import type { FieldList } from "./hpack/field_list.ts";

/** Why the fields of a request are malformed (sections 8.2 and 8.3.1). CONNECT, which gRPC has no use for, counts as malformed. */
export function malformedRequest(fields: FieldList): string | undefined {
  let [method, scheme, path, authority] = ["", "", "", false as boolean];
  let regular = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!, value = fields[i + 1]!;
    if (name.charCodeAt(0) !== COLON) {
      regular = true;
      const why = malformedField(name, value);
      if (why !== undefined) return why;
      continue;
    }
    if (regular) return `${name} behind other fields`;
    if (!isValue(value)) return `characters in ${name} that no field may have`;
    if (name === ":method" && method === "") method = value;
    else if (name === ":scheme" && scheme === "") scheme = value;
    else if (name === ":path" && path === "") path = value;
    else if (name === ":authority" && !authority) authority = true;
    else return `a pseudo-header that is unknown, empty or there twice: ${name}`;
  }
  if (method === "" || scheme === "" || path === "") return "no :method, :scheme or :path";
  return undefined;
}

/** Why the fields of a response are malformed (section 8.3.2). */
export function malformedResponse(fields: FieldList): string | undefined {
  if (fields[0] !== ":status" || !/^[1-9]\d\d$/.test(fields[1]!)) return "no valid :status at first";
  return malformedFields(fields, 2);
}

/** Why trailers are malformed: they have no pseudo-header (section 8.1). */
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

/** Fields of one connection, which HTTP/2 does not carry (section 8.2.2). */
const CONNECTION_SPECIFIC = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

function malformedField(name: string, value: string): string | undefined {
  if (!isName(name)) return `a field name that has capitals, is empty or no token: ${JSON.stringify(name)}`;
  // grpc-go sends the text of an error as it is, also where a space ends it.
  if (!isValue(name === "grpc-message" ? value.replace(/[ \t]+$/, "") : value)) {
    return `characters in ${name} that no field may have`;
  }
  if (CONNECTION_SPECIFIC.has(name) || (name === "te" && value !== "trailers")) {
    return `${name}, which belongs to a connection of HTTP/1`;
  }
  return undefined;
}

const COLON = 58;

/** What may stand in a field name: the characters of a token (RFC 9110, section 5.6.2) but capitals. */
const TOKEN = Uint8Array.from(
  { length: 256 },
  (_, c) => /[!#$%&'*+\-.^_`|~0-9a-z]/.test(String.fromCharCode(c)) ? 1 : 0,
);

function isName(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return false;
  return name.length > 0;
}

/** Without NUL, LF and CR, and without white space at its ends (RFC 9113, section 8.2.1). */
function isValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === 0 || c === 10 || c === 13) return false;
  }
  return !isSpace(value.charCodeAt(0)) && !isSpace(value.charCodeAt(value.length - 1));
}

const isSpace = (c: number) => c === 32 || c === 9;
