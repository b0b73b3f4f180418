/** Decimal places of stored values. */
const PLACES = 30;

/** A decimal as a whole number of 10^-30. */
export function exact(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new Error(`"${text}" is no plain decimal`);
  const [, sign, whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction.padEnd(PLACES, '0').slice(0, PLACES));
  return sign === '-' ? -units : units;
}

/** The nearest float of a whole number of 10^-30. */
export function toFloat(units: bigint): number {
  return Number(`${units}e-${PLACES}`);
}

export function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}
