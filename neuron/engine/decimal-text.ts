import { type CanonicalDecimal, MAX_FRACTION_DIGITS, parseDecimal } from '../../schema/decimal.ts';

/**
 * A forecast as the decimal that is submitted: the shortest text that reads as this double, cut to the digits that
 * can be stored. `undefined` for what no observation could be: not finite, or too large.
 */
export function decimalText(value: number): CanonicalDecimal | undefined {
  return (
    parseDecimal(value) ??
    (Math.abs(value) < 1 ? parseDecimal(value.toFixed(MAX_FRACTION_DIGITS)) : undefined)
  );
}
