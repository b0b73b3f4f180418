/** One figure: ours against the plainest way to do the same, in one run. */
export interface BenchRow {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly plain: number;
  /** What the plain way is. */
  readonly plainly: string;
}

export function shown({ what, unit, ours, plain, plainly }: BenchRow): string {
  const number = (value: number) =>
    value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 });
  return `${what}: ${number(ours)} ${unit}; ${plainly}: ${number(plain)}; ratio ${(ours / plain).toFixed(2)}\n`;
}
