/** The scale that a method works in: the values themselves, or their logarithms where effects multiply. */
export type Scale = 'linear' | 'log';

export function toScale(scale: Scale, value: number): number {
  return scale === 'log' ? Math.log(value) : value;
}

export function fromScale(scale: Scale, value: number): number {
  return scale === 'log' ? Math.exp(value) : value;
}

/** Whether logarithms exist and could be of use: all values positive, and the largest well above the smallest. */
export function mayBeLog(values: readonly number[]): boolean {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const value of values) {
    if (!(value > 0)) return false;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most > 1.2 * least;
}
