import type { FieldList } from "../hpack/field_list.ts";
import { ErrorCode } from "../protocol/error.ts";
import type { Stream } from "../state/stream.ts";
import type { Faults } from "./faults.ts";
import { withoutBadValues, withoutOuterBlanks } from "./header_rules.ts";

/** Returns why fields are malformed; undefined if they are not. */
export type Rule = (fields: FieldList) => string | undefined;

/**
 * Validates field lists. It remembers the last one that was valid, because the decoder returns the same array for the
 * same block, and most blocks of a connection are the same.
 */
export class FieldChecks {
  readonly #server: boolean;
  readonly #faults: Faults;
  #block: FieldList | undefined;
  #rule: Rule | undefined;
  #fields: FieldList = [];
  #contentLength = -1;

  /**
   * Creates the checks of a connection.
   *
   * @param server Whether the fields come from a client.
   * @param faults Ends streams whose fields are malformed.
   */
  constructor(server: boolean, faults: Faults) {
    this.#server = server;
    this.#faults = faults;
  }

  /**
   * Returns the fields of a block for the layer above. If they are malformed, ends their stream and returns undefined.
   *
   * @param exceeded Whether the limits removed some fields. The rest can't be checked then.
   */
  validate(stream: Stream, block: FieldList, rule: Rule, exceeded: boolean): FieldList | undefined {
    if (block === this.#block && rule === this.#rule && !exceeded) {
      stream.contentLength = this.#contentLength;
      return this.#fields;
    }
    const trimmed = withoutOuterBlanks(block);
    const fields = this.#server ? trimmed : withoutBadValues(trimmed);
    if (exceeded) return fields;
    const why = rule(fields) ?? readContentLength(stream, fields);
    if (why !== undefined) {
      this.#faults.streamError(stream, ErrorCode.PROTOCOL_ERROR, why);
      return undefined;
    }
    this.#block = block;
    this.#rule = rule;
    this.#fields = fields;
    this.#contentLength = stream.contentLength;
    return fields;
  }
}

function readContentLength(stream: Stream, fields: FieldList): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "content-length") continue;
    const value = fields[i + 1]!;
    if (!/^\d{1,15}$/.test(value)) return "a content-length that is no number";
    if (stream.contentLength >= 0 && stream.contentLength !== Number(value)) return "two values of content-length";
    stream.contentLength = Number(value);
  }
  return undefined;
}
