/** The constants of the combination. They were chosen by measurement: see docs/consensus.md. */
export interface CombinationSettings {
  /** Targets that a peer's and the network's own record reach back. */
  readonly window: number;
  /** A peer weighs (its mean absolute error ÷ the naive forecast's) to the power of minus this. */
  readonly sharpness: number;
  /** A record is mixed with so many targets at `priorRatio` times the naive error: newcomers begin small. */
  readonly priorTargets: number;
  readonly priorRatio: number;
  /** A value counts as no farther from the weighted median than so many times the weighted median distance to it. */
  readonly reach: number;
  /** How much of the way from the naive forecast to the peers may be gone. */
  readonly shrinkage: readonly number[];
  /** What going all the way has to win over the naive forecast: in naive errors, times the root of the targets. */
  readonly caution: number;
  /** Before the network has so many targets of its own it goes `firstShrinkage` of the way at most. */
  readonly firstTargets: number;
  readonly firstShrinkage: number;
}

export const COMBINATION: CombinationSettings = Object.freeze({
  window: 48,
  sharpness: 8,
  priorTargets: 4,
  priorRatio: 2,
  reach: 3,
  shrinkage: [0, 0.25, 0.5, 0.75, 1],
  caution: 0.1,
  firstTargets: 4,
  firstShrinkage: 0.5,
});
