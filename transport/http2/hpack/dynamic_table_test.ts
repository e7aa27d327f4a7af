import { assertEquals } from "@std/assert";
import { DynamicTable } from "./dynamic_table.ts";

/** What a table holds, the newest first. */
function entries(table: DynamicTable): string[] {
  return Array.from({ length: table.length }, (_, position) => {
    const slot = table.slot(position);
    return `${table.names[slot]}: ${table.values[slot]}`;
  });
}

Deno.test("DynamicTable evicts the oldest entries for a new one", () => {
  const dropped: string[] = [];
  const table = new DynamicTable(100, (name, value) => dropped.push(`${name}: ${value}`));
  table.add("a", "1"); // 34 bytes
  table.add("b", "2");
  assertEquals([entries(table), table.bytes], [["b: 2", "a: 1"], 68]);
  table.add("c", "3");
  assertEquals([entries(table), table.bytes, dropped], [["c: 3", "b: 2"], 68, ["a: 1"]]);
});

Deno.test("DynamicTable holds exactly what its size allows", () => {
  const table = new DynamicTable(102);
  for (const name of ["a", "b", "c"]) table.add(name, "1");
  assertEquals([table.length, table.bytes], [3, 102]);
});

Deno.test("DynamicTable is emptied by an entry larger than itself", () => {
  const table = new DynamicTable(100);
  table.add("a", "1");
  table.add("a", "1".repeat(68));
  assertEquals([table.length, table.bytes, table.slot(0)], [0, 0, -1]);
  table.add("a", "1".repeat(67));
  assertEquals([table.length, table.bytes], [1, 100]);
});

Deno.test("DynamicTable.resize() evicts entries that no longer fit, and keeps the rest in order", () => {
  const table = new DynamicTable(4096);
  for (let i = 0; i < 1000; i++) table.add("n", String(i)); // the ring goes round many times
  assertEquals(table.length, Math.floor(4096 / 36));
  table.resize(80);
  assertEquals(entries(table), ["n: 999", "n: 998"]);
  table.resize(4096);
  table.add("n", "new");
  assertEquals(entries(table), ["n: new", "n: 999", "n: 998"]);
  table.resize(0);
  table.add("n", "");
  assertEquals(entries(table), []);
});

Deno.test("DynamicTable releases the texts of evicted entries", () => {
  const table = new DynamicTable(4096);
  for (let i = 0; i < 100; i++) table.add("n", String(i));
  table.resize(0);
  assertEquals([...new Set([...table.names, ...table.values])], [""]);
});

Deno.test("DynamicTable.version changes whenever an index may mean something else", () => {
  const table = new DynamicTable(100);
  const versions = [table.version];
  for (const change of [() => table.add("a", "1"), () => table.resize(0), () => table.add("a", "1")]) {
    change();
    versions.push(table.version);
  }
  assertEquals(new Set(versions).size, 4);
});
