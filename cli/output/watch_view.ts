import type { Instance } from "../../mod.ts";
import { visible } from "../../base/text/visible.ts";
import { type Change, changes, facts, factsOf, shown, tagsOf } from "./changes.ts";
import { paint, printPainted, table, widthOf } from "./terminal.ts";
import { timeOfDay } from "../../base/time.ts";

/** A view of the instances of a service. */
export interface WatchView {
  /** Shows the current instances. `why` explains an empty list. */
  show(instances: readonly Instance[], why: string): Promise<void>;
  /** Shows that the instances are unknown. */
  fail(message: string): Promise<void>;
}

const LOOKS = {
  added: ["+", "green"],
  removed: ["-", "red"],
  changed: ["~", "yellow"],
  error: ["!", "red"],
  recovered: ["=", "green"],
} as const;

/** Creates a view that prints a line for each change. */
export function changeLines(name: string): WatchView {
  return eachChange(name, (change, text) => {
    const [sign, colour] = LOOKS[change];
    return `${paint(new Date(timeOfDay()).toISOString(), "dim")} ${paint(`${sign} ${text}`, colour)}`;
  });
}

/** Creates a view that prints a line of JSON for each change. */
export function changeJson(name: string): WatchView {
  return eachChange(name, (change, text, instance) => {
    const { tags, meta, ...others } = instance ?? {};
    const told = instance
      ? { ...others, tags: tagsOf(tags!), meta: Object.fromEntries(meta!) }
      : { [change === "error" ? "error" : "note"]: text };
    return visible(JSON.stringify({ time: new Date(timeOfDay()).toISOString(), change, ...told }));
  });
}

function eachChange(
  name: string,
  line: (change: keyof typeof LOOKS, text: string, instance?: Instance) => string,
): WatchView {
  const seen = new Map<string, Instance>();
  let failed = false;
  return {
    async show(instances, why) {
      if (failed) await printPainted(line("recovered", "Consul answers again"));
      failed = false;
      const hadNone = seen.size === 0;
      for (const { change, instance, before } of changes(seen, instances)) {
        const was = before ? ` (was ${facts(before)})` : "";
        const text = change === "removed" ? instance.address : `${instance.address} ${facts(instance)}${was}`;
        await printPainted(line(change, text, instance));
      }
      if (instances.length === 0 && hadNone) await printPainted(line("error", `no instance of ${name}: ${why}`));
    },
    async fail(message) {
      failed = true;
      await printPainted(line("error", message));
    },
  };
}

/** Creates a view for terminals: a table that is redrawn in place and marks the latest changes. */
export function changingTable(name: string): WatchView {
  const seen = new Map<string, Instance>();
  let last: Change[] = [];
  let above = 0;
  const draw = async (note: string) => {
    const text = `${paint(name, "bold")} ${paint(new Date(timeOfDay()).toISOString(), "dim")}\n${
      rowsOf(seen, last)
    }${note}`;
    const before = above;
    above = heightOf(text);
    await printPainted(text, before);
  };
  return {
    async show(instances, why) {
      const now = changes(seen, instances);
      if (now.length > 0) last = now;
      await draw(instances.length > 0 ? "" : `\n${paint(`! no instance: ${why}`, "red")}`);
    },
    fail: (message) => draw(`\n${paint(`! ${message}`, "red")}`),
  };
}

function rowsOf(seen: ReadonlyMap<string, Instance>, last: readonly Change[]): string {
  const gone = last.filter(({ change }) => change === "removed").map(({ instance }) => instance);
  const marks = new Map(last.map(({ change, instance }) => [instance.address, change]));
  const rows = [...seen.values(), ...gone].sort((a, b) => a.address < b.address ? -1 : 1).map((instance) => {
    const change = marks.get(instance.address);
    const [sign, colour] = change ? LOOKS[change] : [" ", undefined];
    const address = `${sign} ${visible(instance.address)}`;
    return [
      colour ? paint(address, colour) : address,
      String(instance.weight),
      shown(tagsOf(instance.tags)),
      shown(factsOf(instance.meta)),
    ];
  });
  const head = ["  INSTANCE", "WEIGHT", "TAGS", "META"].map((text) => paint(text, "bold"));
  return table([head, ...rows]);
}

/** Returns the number of terminal rows that a text takes, including wrapped lines, up to the height of the screen. */
function heightOf(text: string): number {
  const { columns, rows } = Deno.consoleSize();
  const height = (line: string) => Math.max(1, Math.ceil(widthOf(line) / (columns || Infinity)));
  return Math.min(text.split("\n").reduce((sum, line) => sum + height(line), 0), (rows || Infinity) - 1);
}
