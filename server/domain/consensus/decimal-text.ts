import {
  type CanonicalDecimal,
  MAX_FRACTION_DIGITS,
  MAX_INTEGER_DIGITS,
  parseDecimal,
} from '../../../schema/decimal.ts';

/** Digits after the point that a forecast may have more than its base. */
const FURTHER_DIGITS = 4;
const GREATEST = '9'.repeat(MAX_INTEGER_DIGITS);
const BEYOND = 10 ** MAX_INTEGER_DIGITS;

/** Digits after the point that are worth keeping: as many as the inputs have, and few more than the base. */
export function digitsOf(base: CanonicalDecimal, inputs: readonly CanonicalDecimal[]): number {
  const most = inputs.reduce(
    (digits, input) => Math.max(digits, fractionDigits(input)),
    fractionDigits(base),
  );
  return Math.min(most, fractionDigits(base) + FURTHER_DIGITS, MAX_FRACTION_DIGITS);
}

/**
 * A double as decimal text of so many digits after the point, or the greatest that can be stored for one beyond: the
 * double next to that is, and quantiles may lie outside of all that was said. Throws for what is no number.
 */
export function decimalText(value: number, digits: number): CanonicalDecimal {
  if (Math.abs(value) >= BEYOND) return value < 0 ? `-${GREATEST}` : GREATEST;
  const text = parseDecimal(value.toFixed(digits));
  if (text === undefined) throw new RangeError(`${value} is no decimal`);
  return text;
}

function fractionDigits(text: CanonicalDecimal): number {
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
}
