import { GO_LOADS } from "./go.ts";
import { H2LOADS } from "./h2load.ts";
import type { Load } from "./load.ts";
import { MEMORY_LOADS } from "./memory.ts";
import { pair } from "./pair.ts";

/** All loads, in the order of the tables. */
export const LOADS: readonly Load[] = [...H2LOADS, ...GO_LOADS, pair, ...MEMORY_LOADS];
