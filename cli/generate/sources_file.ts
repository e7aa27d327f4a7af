import { join } from "node:path";
import { readText } from "../files.ts";

/**
 * The file in which a project records the digest of each .proto when it was copied. It shows which side has changed
 * since.
 */
export const SOURCES = "idl/sources.json";

/** Whether a folder contains a project of `dinokit new`. */
export const isProject = (root: string): boolean => readText(join(root, SOURCES)) !== undefined;
