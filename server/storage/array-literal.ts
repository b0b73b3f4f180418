/**
 * An array as the literal that Postgres reads, of what needs no quoting inside: numbers, decimals, hex text, literals of
 * arrays of those. The driver builds and escapes an element at a time, which costs more than the rest of a row.
 */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** The same of texts with commas or braces, as literals of arrays are; none has a quote or a backslash. */
export function quotedArrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value}"`).join(',')}}`;
}
