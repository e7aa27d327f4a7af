/** What can't be declared in a module. */
const RESERVED = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
    "finally for function if implements import in instanceof interface let new null package private protected public return " +
    "static super switch this throw true try typeof undefined var void while with yield NaN Infinity").split(" "),
);

/** A name that can be declared: one that the language keeps for itself gets a `_`. */
export const identifier = (name: string): string => RESERVED.has(name) ? `${name}_` : name;

/**
 * A name for a file or folder: `GetHTTPUser` as `get_http_user`. One that `deno test` would take for a test gets
 * another end.
 */
export function snake(name: string): string {
  const text = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2").toLowerCase();
  return /(^|_)test$/.test(text) ? `${text}_` : text;
}

/**
 * What a name is imported as by a file that may have it already: `template` is its text, where `placeholder` stands for
 * the name.
 */
export function importedAs(name: string, template: string, placeholder: string): string {
  const words = new Set(template.match(/[\w$]+/g));
  return words.has(name) && name !== placeholder ? `${name}_` : name;
}
