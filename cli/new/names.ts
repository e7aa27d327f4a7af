/** Names that can't be declared in a module. */
const RESERVED = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
    "finally for function if implements import in instanceof interface let new null package private protected public return " +
    "static super switch this throw true try typeof undefined var void while with yield NaN Infinity").split(" "),
);

/** Returns a name that can be declared: a reserved word gets the suffix `_`. */
export const identifier = (name: string): string => RESERVED.has(name) ? `${name}_` : name;

/**
 * Returns a name for a file or folder: `get_http_user` for `GetHTTPUser`. A name that `deno test` would treat as a test
 * gets another suffix.
 */
export function snake(name: string): string {
  const text = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2").toLowerCase();
  return /(^|_)test$/.test(text) ? `${text}_` : text;
}

/**
 * Returns the alias under which a file imports a name that the file may already use. `template` is the file's text, in
 * which `placeholder` stands for the name.
 */
export function importedAs(name: string, template: string, placeholder: string): string {
  const words = new Set(template.match(/[\w$]+/g));
  return words.has(name) && name !== placeholder ? `${name}_` : name;
}
