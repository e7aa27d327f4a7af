/**
 * The trailer fields of a business error, as Kitex sends a BizStatusError over gRPC.
 *
 * @module
 */

import { BizError } from "./error.ts";
import { Metadata } from "./metadata.ts";

const CODE = "biz-status";
/** The field of `extra`, in JSON. */
const EXTRA = "biz-extra";

/** Returns the trailer fields of a business error. */
export function bizFields({ code, extra }: BizError): Metadata {
  const fields = new Metadata({ [CODE]: String(code) });
  if (Object.keys(extra).length > 0) fields.set(EXTRA, asciiJson(extra));
  return fields;
}

/** Whether trailers hold a business error: its code is a 32-bit integer other than 0. */
export function hasBizError(trailer: Metadata | undefined): trailer is Metadata {
  const code = trailer?.get(CODE);
  return code !== undefined && /^-?\d+$/.test(code) && (Number(code) | 0) === Number(code) && Number(code) !== 0;
}

/** Returns the business error that trailers hold. */
export const bizErrorOf = (message: string, trailer: Metadata): BizError =>
  new BizError(Number(trailer.get(CODE)), message, extraOf(trailer.get(EXTRA)));

/** Returns JSON that is allowed in a header: characters that are not ASCII become `\u` escapes. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function extraOf(json: string | undefined): Record<string, string> {
  const extra: Record<string, string> = Object.create(null);
  try {
    const parsed: unknown = JSON.parse(json ?? "{}");
    if (typeof parsed !== "object" || parsed === null) return extra;
    for (const [key, value] of Object.entries(parsed)) extra[key] = String(value);
  } catch {
    // A malformed biz-extra must not hide the code and message.
  }
  return extra;
}
