/** The name of a method in TypeScript: lower camel case; `then` gets a `_`, or a client could not be awaited past. */
export function localName(name: string): string {
  const camel = name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const local = camel[0]!.toLowerCase() + camel.slice(1);
  return local === "then" ? "then_" : local;
}
