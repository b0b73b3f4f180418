import { type CanonicalDecimal, MAX_FRACTION_DIGITS, parseDecimal } from '../../../schema/decimal.ts';

/** A decimal as a whole number of `10 ** -MAX_FRACTION_DIGITS`. */
function units(value: CanonicalDecimal): bigint {
  const [whole = '0', fraction = ''] = value.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(MAX_FRACTION_DIGITS, '0'));
  return value.startsWith('-') ? -magnitude : magnitude;
}

function decimal(amount: bigint): CanonicalDecimal {
  const digits = String(amount < 0n ? -amount : amount).padStart(MAX_FRACTION_DIGITS + 1, '0');
  const point = digits.length - MAX_FRACTION_DIGITS;
  const text = `${amount < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new RangeError(`${text} is no decimal that can be stored`);
  return parsed;
}

/** The middle of two decimals, exactly; what would need a 31st digit after the point is cut off. */
export function mean(a: CanonicalDecimal, b: CanonicalDecimal): CanonicalDecimal {
  return decimal((units(a) + units(b)) / 2n);
}

/** Whether `value` is more than `percent` hundredths of `reference` away from it, judged exactly to 6 digits of `percent`. */
export function isFarFrom(value: CanonicalDecimal, reference: CanonicalDecimal, percent: number): boolean {
  const difference = units(value) - units(reference);
  const base = units(reference);
  const distance = difference < 0n ? -difference : difference;
  return distance * 100_000_000n > (base < 0n ? -base : base) * BigInt(Math.round(percent * 1_000_000));
}
