/**
 * Exact decimals as canonical text: no exponent, a sign only when negative, no leading or trailing zeros,
 * `0` for zero. Canonical texts are equal exactly when the numbers are, which is what hashes and filters rely on.
 */
export type CanonicalDecimal = string;

/** Digits before the point that storage (`numeric(65,30)`) can hold. */
export const MAX_INTEGER_DIGITS = 35;
/** Digits after the point that storage can hold. */
export const MAX_FRACTION_DIGITS = 30;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
const CANONICAL_FAST = /^-?(?:0|[1-9]\d{0,34})$/;

/**
 * Reads a decimal and gives its canonical text, or `undefined` if it is none or has more digits than are stored.
 * Numbers are read by their shortest exact text, so `0.1` is `0.1`; NaN and infinities are no decimals.
 */
export function parseDecimal(input: string | number): CanonicalDecimal | undefined {
  const text = typeof input === 'number' ? String(input) : input.trim();
  if (text.length > 128) return undefined;
  if (CANONICAL_FAST.test(text)) return text === '-0' ? '0' : text;
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  return assemble(sign === '-', whole, fraction, exponent === undefined ? 0 : Number(exponent));
}

function assemble(
  negative: boolean,
  whole: string,
  fraction: string,
  exponent: number,
): CanonicalDecimal | undefined {
  const digits = whole + fraction;
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return '0';
  const trimmed = significant.replace(/0+$/, '');
  // The point stands `point` digits into `significant` (negative: that many zeros before it).
  const point = whole.length - (digits.length - significant.length) + exponent;
  const fractionDigits = Math.max(0, trimmed.length - point);
  if (point > MAX_INTEGER_DIGITS || fractionDigits > MAX_FRACTION_DIGITS) return undefined;
  const unsigned =
    point <= 0
      ? `0.${'0'.repeat(-point)}${trimmed}`
      : point >= trimmed.length
        ? trimmed + '0'.repeat(point - trimmed.length)
        : `${trimmed.slice(0, point)}.${trimmed.slice(point)}`;
  return negative ? `-${unsigned}` : unsigned;
}

/** Orders two canonical decimals exactly: negative, 0 or positive, as for `Array.sort`. */
export function compareDecimals(a: CanonicalDecimal, b: CanonicalDecimal): number {
  if (a === b) return 0;
  const aNegative = a.startsWith('-');
  if (aNegative !== b.startsWith('-')) return aNegative ? -1 : 1;
  return aNegative ? compareUnsigned(b, a, 1) : compareUnsigned(a, b, 0);
}

/** Compares the unsigned parts, which begin at `start`. */
function compareUnsigned(a: string, b: string, start: number): number {
  const aWhole = wholeLength(a, start);
  const bWhole = wholeLength(b, start);
  if (aWhole !== bWhole) return aWhole - bWhole;
  // Same number of digits before the point: text order is numeric order, a missing fraction sorts first.
  return a < b ? -1 : 1;
}

function wholeLength(text: string, start: number): number {
  const point = text.indexOf('.', start);
  return (point === -1 ? text.length : point) - start;
}

/**
 * A text whose plain order (`<`) is the exact order of the decimals: made once, it compares without looking at signs and
 * points again. Digits before the point decide first, so their count leads; a negative decimal's digits are turned
 * round, and end with what is greater than any of them, as the longer one is the smaller.
 */
export function decimalOrderKey(decimal: CanonicalDecimal): string {
  const negative = decimal.startsWith('-');
  const length = wholeLength(decimal, negative ? 1 : 0);
  if (!negative) return String.fromCharCode(ORDER_ZERO + length) + decimal;
  let turned = String.fromCharCode(ORDER_ZERO - length);
  for (let at = 1; at < decimal.length; at += 1) {
    const code = decimal.charCodeAt(at);
    turned += code === POINT ? '.' : String.fromCharCode(NINE_PLUS_ZERO - code);
  }
  return `${turned}~`;
}

/** The double nearest to the decimal that an order key was made of. */
export function orderKeyNumber(key: string): number {
  if (key.charCodeAt(0) > ORDER_ZERO) return Number(key.slice(1));
  let unsigned = '';
  for (let at = 1; at < key.length - 1; at += 1) {
    const code = key.charCodeAt(at);
    unsigned += code === POINT ? '.' : String.fromCharCode(NINE_PLUS_ZERO - code);
  }
  return -Number(unsigned);
}

/** Longer than any whole part, so that the counts of both signs fit around it in one-byte text. */
const ORDER_ZERO = 128;
const POINT = '.'.charCodeAt(0);
const NINE_PLUS_ZERO = '0'.charCodeAt(0) + '9'.charCodeAt(0);
