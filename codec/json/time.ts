import { Misfit, wrong } from "../misfit.ts";

/** A Timestamp or a Duration. */
export interface Time {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const [FIRST, LAST] = [-62_135_596_800n, 253_402_300_799n];
/** 10,000 years, of 365.25 days. */
const LONGEST_SECONDS = 315_576_000_000n;
const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** Nanoseconds as none, 3, 6 or 9 digits after a point. */
function fraction(nanos: number): string {
  return nanos === 0 ? "" : "." + String(nanos).padStart(9, "0").replace(/^(\d{3}|\d{6})0+$/, "$1");
}

/**
 * The text of a timestamp by RFC 3339.
 *
 * @throws {Misfit} If it is out of range.
 */
export function timestampText({ seconds, nanos }: Time): string {
  if (seconds < FIRST || seconds > LAST) throw new Misfit("the time is not in the years 1 to 9999");
  if (nanos < 0 || nanos > 999_999_999) throw wrong("nanos from 0 to 999999999", nanos);
  const text = new Date(Number(seconds) * 1000).toISOString();
  return text.replace(".000Z", `${fraction(nanos)}Z`);
}

/**
 * The timestamp in a text.
 *
 * @throws {Misfit} If the text is not a timestamp.
 */
export function parseTimestamp(text: unknown): Time {
  const expected = `a time such as "2026-01-31T12:00:00.5Z"`;
  const [, local, digits = "", sign, hours, minutes] = TIMESTAMP.exec(String(text)) ?? [];
  const millis = Date.parse(`${local}Z`);
  // Date.parse takes the 30th of February.
  if (typeof text !== "string" || !(new Date(millis).getTime() === millis) || isoOf(millis) !== local) {
    throw wrong(expected, text);
  }
  let seconds = BigInt(millis / 1000);
  if (sign !== undefined) {
    if (Number(hours) > 23 || Number(minutes) > 59) throw wrong(expected, text);
    seconds -= BigInt(sign + (Number(hours) * 3600 + Number(minutes) * 60));
  }
  if (seconds < FIRST || seconds > LAST) throw wrong("a time in the years 1 to 9999", text);
  return { seconds, nanos: Number(digits.padEnd(9, "0")) };
}

const isoOf = (millis: number) => new Date(millis).toISOString().slice(0, 19);

/**
 * The text of a duration.
 *
 * @throws {Misfit} If it is out of range.
 */
export function durationText({ seconds, nanos }: Time): string {
  if (seconds < -LONGEST_SECONDS || seconds > LONGEST_SECONDS) {
    throw wrong(`seconds from -${LONGEST_SECONDS} to ${LONGEST_SECONDS}`, seconds);
  }
  if (Math.abs(nanos) > 999_999_999) throw wrong("nanos from -999999999 to 999999999", nanos);
  if (seconds < 0n && nanos > 0 || seconds > 0n && nanos < 0) throw new Misfit("seconds and nanos differ in sign");
  const sign = seconds < 0n || nanos < 0 ? "-" : "";
  return `${sign}${seconds < 0n ? -seconds : seconds}${fraction(Math.abs(nanos))}s`;
}

/**
 * The duration in a text.
 *
 * @throws {Misfit} If the text is not a duration.
 */
export function parseDuration(text: unknown): Time {
  const [, sign, whole, digits = ""] = DURATION.exec(String(text)) ?? [];
  if (typeof text !== "string" || whole === undefined) throw wrong(`a duration such as "1.5s"`, text);
  const seconds = BigInt(sign + whole);
  if (seconds < -LONGEST_SECONDS || seconds > LONGEST_SECONDS) {
    throw wrong(`a duration of at most ${LONGEST_SECONDS} seconds`, text);
  }
  return { seconds, nanos: Number(sign + digits.padEnd(9, "0")) + 0 };
}
