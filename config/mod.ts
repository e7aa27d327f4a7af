/**
 * The settings of a service by environment: from conf/<env>/conf.yaml, overridden by environment variables.
 *
 * @module
 */

export type { CalledService, Config } from "./config.ts";
export { type Bounds, type Field, type FieldMaker, type Fields, fields } from "./fields.ts";
export { type ConfigPermissions, configPermissions, loadConfig, type LoadConfigOptions } from "./load.ts";
export { clientPolicyFrom, serverPolicyFrom } from "./live_policy.ts";
export { configLogger } from "./logger.ts";
export type { OwnSection, OwnSections, OwnValues } from "./own_sections.ts";
export { parseConfig } from "./parse.ts";
export { ConfigError, type ConfigProblem } from "./problem.ts";
export { readTls } from "./tls.ts";
