import type { FieldList } from "../hpack/field_list.ts";
import { ErrorCode } from "../protocol/error.ts";
import type { Stream } from "../state/stream.ts";
import type { Faults } from "./faults.ts";
import { withoutBadValues, withoutOuterBlanks } from "./header_rules.ts";

/** Returns why fields are malformed; undefined if they are not. */
export type Rule = (fields: FieldList) => string | undefined;

/**
 * Validates the field lists of one kind, such as requests. It remembers the last valid list. Most calls repeat a header
 * block, and the decoder returns the same array for it, so that list need not be validated again.
 */
export class FieldChecks {
  readonly #rule: Rule;
  readonly #server: boolean;
  readonly #faults: Faults;
  #block: FieldList | undefined;
  #fields: FieldList = [];
  /** The value of content-length in that block; -1 without one. */
  #contentLength = -1;

  /**
   * Creates the checks of a connection.
   *
   * @param rule Tells whether fields of this kind are malformed.
   * @param server Whether the fields come from a client.
   * @param faults Ends streams whose fields are malformed.
   */
  constructor(rule: Rule, server: boolean, faults: Faults) {
    this.#rule = rule;
    this.#server = server;
    this.#faults = faults;
  }

  /**
   * Returns the fields of a block for the layer above. If they are malformed, ends their stream and returns undefined.
   *
   * @param exceeded Whether the limits removed some fields. The rest can't be checked then.
   */
  validate(stream: Stream, block: FieldList, exceeded: boolean): FieldList | undefined {
    if (block !== this.#block || exceeded) {
      const trimmed = withoutOuterBlanks(block);
      const fields = this.#server ? trimmed : withoutBadValues(trimmed);
      if (exceeded) return fields;
      const length = contentLengthOf(fields);
      const why = this.#rule(fields) ?? (typeof length === "string" ? length : undefined);
      if (why !== undefined) return this.#malformed(stream, why);
      this.#block = block;
      this.#fields = fields;
      this.#contentLength = length as number;
    }
    if (this.#contentLength >= 0) {
      if (stream.contentLength >= 0 && stream.contentLength !== this.#contentLength) {
        return this.#malformed(stream, TWO_LENGTHS);
      }
      stream.contentLength = this.#contentLength;
    }
    return this.#fields;
  }

  #malformed(stream: Stream, why: string): undefined {
    this.#faults.streamError(stream, ErrorCode.PROTOCOL_ERROR, why);
  }
}

const TWO_LENGTHS = "two values of content-length";

/** Returns the value of content-length; -1 without one, and a text if it is malformed. */
function contentLengthOf(fields: FieldList): number | string {
  let length = -1;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "content-length") continue;
    const value = fields[i + 1]!;
    if (!/^\d{1,15}$/.test(value)) return "a content-length that is no number";
    if (length >= 0 && length !== Number(value)) return TWO_LENGTHS;
    length = Number(value);
  }
  return length;
}
