/**
 * Header fields as a flat list: name, value, name, value. Octets are latin1 text, one character per octet. A list is
 * immutable.
 */
export type FieldList = readonly string[];
