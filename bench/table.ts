/**
 * Formats the results as Markdown.
 *
 * @module
 */

import type { Column, Sample } from "./loads/load.ts";
import { median, show } from "./stats.ts";

/** The results of one peer under one load, with a sample for each successful round. */
export interface Row {
  readonly peer: string;
  readonly title: string;
  readonly samples: readonly Sample[];
}

/** Returns the median of a column over the rounds. */
export const figure = (row: Row, key: string): number => median(row.samples.map((sample) => sample[key] ?? NaN));

/**
 * Returns a table with a line for each peer: the medians, the spread of the first column, and the ratio to the
 * reference beside each figure with a better direction.
 */
export function markdownTable(columns: readonly Column[], rows: readonly Row[], reference: string): string {
  const best = rows.find((row) => row.peer === reference && row.samples.length > 0);
  const head = columns.flatMap(({ title, better }, i) => [
    title,
    ...(i === 0 ? ["min to max"] : []),
    ...(better && best ? [`${reference} is`] : []),
  ]);
  const lines = rows.filter((row) => row.samples.length > 0).map((row) => [
    row.title,
    ...columns.flatMap((column, i) => [
      show(figure(row, column.key)),
      ...(i === 0 ? [spread(row, column.key)] : []),
      ...(column.better && best ? [ratio(column, best, row)] : []),
    ]),
  ]);
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(["server", ...head]), line(["---", ...head.map(() => "--:")]), ...lines.map(line)].join("\n");
}

function spread(row: Row, key: string): string {
  if (row.samples.length === 1) return "";
  const values = row.samples.map((sample) => sample[key] ?? NaN);
  return `${show(Math.min(...values))} to ${show(Math.max(...values))}`;
}

/** Returns how many times better the reference is; below 1, it is worse. */
function ratio({ key, better }: Column, best: Row, row: Row): string {
  if (row === best) return "";
  const times = figure(best, key) / figure(row, key);
  return `${show(better === "more" ? times : 1 / times)} x`;
}
