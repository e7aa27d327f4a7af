import { childrenOf, type Declaration } from "./outline.ts";

/** Gives all declarations of a file their full names. The package may stand anywhere in the file. */
export function fullNames(file: Declaration): void {
  file.fullName = childrenOf(file, "package")[0]?.name.text ?? "";
  nameAll(file, file.fullName);
}

/** What a name is called in a scope. */
export const nameIn = (scope: string, name: string): string => scope === "" ? name : `${scope}.${name}`;

/** Fields of a oneof and extensions stand in the scope around these, the values of an enum beside the enum. */
function nameAll(owner: Declaration, scope: string): void {
  for (const one of owner.children) {
    one.fullName = nameIn(scope, one.name.text);
    nameAll(one, /^(oneof|extend|enum)$/.test(one.kind) ? scope : one.fullName);
  }
}

/** The full name of the scope that a declaration stands in; empty outside of a package. */
export const scopeOf = ({ fullName, name }: Declaration): string =>
  fullName.slice(0, Math.max(fullName.length - name.text.length - 1, 0));
