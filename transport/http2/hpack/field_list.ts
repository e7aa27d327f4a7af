/**
 * Header fields, flat: name, value, name, value. Octets as latin1 text, one character an octet. It is never changed
 * once made.
 */
export type FieldList = readonly string[];
