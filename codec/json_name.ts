/** The name that protoc gives a field in JSON. */
export const jsonNameOf = (name: string): string =>
  name.replace(/_+([^_]?)/g, (_, letter: string) => letter.toUpperCase());
