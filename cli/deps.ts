/**
 * Dependencies of the command line only. The library does not import this module.
 *
 * @module
 */

export { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@15.0.0";
