/** One measurement beside the same done by a peer in the same minute. */
export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number;
  /** What is held to the budget: how many times better, or how many times as much, as `bound` has it. */
  readonly ratio: number;
  readonly bound?: { readonly kind: 'at least' | 'at most'; readonly ratio: number };
}

/** A part of the bench: gives its lines, and says what it is about to do. */
export interface Part {
  readonly name: string;
  readonly run: (options: PartOptions) => Promise<readonly Line[]>;
}

export interface PartOptions {
  readonly seed: number;
  /** Whether to measure the largest sizes too. */
  readonly full: boolean;
}

export function isKept({ ratio, bound }: Line): boolean {
  if (!bound) return true;
  return bound.kind === 'at least' ? ratio >= bound.ratio : ratio <= bound.ratio;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
