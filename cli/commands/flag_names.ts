/** The kit's words for options in error messages, and the command line's words for them. */
const NAMES: readonly (readonly [option: RegExp, flag: string])[] = [
  [/\bset the option tls\b/g, "add --tls"],
  [/\bleave out the option tls\b/g, "leave out --tls and the flags that belong to it"],
  [/\bset tls\.cert and tls\.key\b/g, "give --cert and --key"],
  [/\bset tls\.ca to\b/g, "give --ca"],
  [/\bset tls\.serverName\b/g, "give --server-name"],
  [/\btls\.(ca|cert|key)\b/g, "--$1"],
  [/\bgive it in the option types\b/g, "give its .proto file with --proto"],
  [/; give the PEM text of the file, not its name/g, "; give a file that does"],
  [/ \(option token\)/g, ""],
  [/\(option tokenFile: /g, "(--consul-token-file "],
];

/** Returns an error message of the kit in the words of the command line. */
export const asFlags = (text: string): string => NAMES.reduce((all, [option, flag]) => all.replace(option, flag), text);
