/**
 * What the command line loads beyond the kit: nothing in the library imports it.
 *
 * @module
 */

export { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@15.0.0";
