/** A float cut to so many digits after the point: its shortest text is then the decimal that is meant. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
