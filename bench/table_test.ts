import { assertEquals } from "@std/assert";
import { markdownTable, type Row } from "./table.ts";

const COLUMNS = [
  { key: "rate", title: "calls/s", better: "more" },
  { key: "cpu", title: "CPU", better: "less" },
  { key: "busy", title: "busy" },
] as const;

const row = (peer: string, ...samples: [number, number, number][]): Row => ({
  peer,
  title: peer.toUpperCase(),
  samples: samples.map(([rate, cpu, busy]) => ({ rate, cpu, busy })),
});

Deno.test("markdownTable() shows medians, a spread, and how many times better the reference is", () => {
  const ours = row("ours", [2000, 5, 50], [1000, 10, 50], [3000, 4, 50]);
  const theirs = row("theirs", [400, 50, 99]);
  assertEquals(
    markdownTable(COLUMNS, [ours, theirs], "ours"),
    `| server | calls/s | min to max | ours is | CPU | ours is | busy |
| --- | --: | --: | --: | --: | --: | --: |
| OURS | 2,000 | 1,000 to 3,000 |  | 5 |  | 50 |
| THEIRS | 400 |  | 5 x | 50 | 10 x | 99 |`,
  );
});

Deno.test("markdownTable() has no ratios without the reference, and no line for a peer without samples", () => {
  assertEquals(
    markdownTable(COLUMNS, [row("ours"), row("theirs", [400, 50, 99])], "ours"),
    `| server | calls/s | min to max | CPU | busy |
| --- | --: | --: | --: | --: |
| THEIRS | 400 |  | 50 | 99 |`,
  );
});
