/** The constants of the combination. They were chosen by measurement: see docs/consensus.md. */
export interface CombinationSettings {
  /** Targets that a peer's record reaches back. */
  readonly window: number;
  /** A peer weighs (its mean absolute error ÷ the naive forecast's) to the power of minus this. */
  readonly sharpness: number;
  /** A record is mixed with so many targets at `priorRatio` times the naive error: newcomers begin small. */
  readonly priorTargets: number;
  readonly priorRatio: number;
  /** A value counts as no farther from the weighted median than so many times the weighted median distance to it. */
  readonly reach: number;
  /** Targets of a stream's past that anything else is learned from. */
  readonly memory: number;
  /** Peers of most weight that the mean may be corrected by: what they said of the past is read. */
  readonly leaders: number;
  /** Ridge penalty of the correction, in mean squared distances of a leader. */
  readonly stackingPenalty: number;
  /** How much of the correction is believed. */
  readonly stackingShare: number;
  /** An error of the past counts as no larger than so many times the mean one. */
  readonly stackingReach: number;
  /** Targets that the width of the quantiles is learned from; what peers say counts as so many targets more. */
  readonly calibrationWindow: number;
  readonly calibrationTargets: number;
  /** Targets that the shrinkage is learned from. */
  readonly gateWindow: number;
  /**
   * Where the peers together were worse than so many naive errors over the last `brakeTargets` targets, the consensus is
   * the naive forecast until they are not: faster than the gate, against those who turn at once.
   */
  readonly brakeRatio: number;
  readonly brakeTargets: number;
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
  memory: 336,
  leaders: 8,
  stackingPenalty: 0.1,
  stackingShare: 0.5,
  stackingReach: 4,
  calibrationWindow: 96,
  calibrationTargets: 12,
  gateWindow: 200,
  brakeRatio: 1.25,
  brakeTargets: 16,
  shrinkage: [0, 0.25, 0.5, 0.75, 1],
  caution: 0.2,
  firstTargets: 4,
  firstShrinkage: 0.5,
});
