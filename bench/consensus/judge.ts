import type { PeerForecast } from '../../server/domain/consensus/combine.ts';
import type { PastForecast } from '../../server/domain/consensus/gate.ts';
import { COMBINATION } from '../../server/domain/consensus/settings.ts';
import type { Candidate } from './candidates.ts';
import type { Play } from './network.ts';

/** How a candidate did on one play, over the points that are judged. */
export interface Verdict {
  /** Its mean absolute error ÷ that of the honest neuron that turned out best. */
  readonly toBest: number;
  /** ÷ that of the honest neuron that had been best before. */
  readonly toKnownBest: number;
  readonly toNaive: number;
  /** Targets inside its 80 % interval, as a part of 1; null if it gives none. */
  readonly covered: number | null;
}

/** Walks a play point by point; what is combined knows the errors of the points before, and no more. */
export function judge(play: Play, candidate: Candidate): Verdict {
  const { learned, judged } = play.span;
  const points = learned + judged;
  const past: PastForecast[] = [];
  const errors = new Float64Array(points);
  const sums = [play.naive, ...play.tracks.map(({ values }) => values)].map((values) => sumsOf(play, values));
  let inside = 0;
  let intervals = 0;
  for (let at = 0; at < points; at++) {
    const naive = play.naive[at] ?? 0;
    const actual = play.actual[at] ?? 0;
    const known = past.slice(-COMBINATION.memory);
    const { value, pooled, low, high } = candidate(naive, peersAt(play, sums, at), known);
    past.push({ naive, pooled, value, actual });
    errors[at] = Math.abs(value - actual);
    if (at < learned || low === undefined || high === undefined) continue;
    intervals += 1;
    if (low <= actual && actual <= high) inside += 1;
  }
  const mine = errors.subarray(learned).reduce((sum, error) => sum + error, 0) / judged;
  const honest = play.tracks.filter(({ kind }) => kind !== 'adversarial');
  const before = honest.map(({ values }) => errorOf(play, values, 0, learned));
  const after = honest.map(({ values }) => errorOf(play, values, learned, points));
  const known = after[before.indexOf(Math.min(...before))] ?? 0;
  return {
    toBest: ratio(mine, Math.min(...after)),
    toKnownBest: ratio(mine, known),
    toNaive: ratio(mine, errorOf(play, play.naive, learned, points)),
    covered: intervals > 0 ? inside / intervals : null,
  };
}

/** What the peers say of a point, with their records before it; `sums` are those of the naive forecast and of the tracks. */
function peersAt(play: Play, sums: readonly Float64Array[], at: number): readonly PeerForecast[] {
  const from = Math.max(0, at - COMBINATION.window);
  const sumOf = (of: Float64Array | undefined) => (of?.[at] ?? 0) - (of?.[from] ?? 0);
  const naiveSum = sumOf(sums[0]);
  return play.tracks.map(({ values, spread }, index) => {
    const value = values[at] ?? 0;
    const half = 1.2816 * (spread[at] ?? 0);
    return {
      value,
      quantiles: [
        { level: 0.1, value: value - half },
        { level: 0.5, value },
        { level: 0.9, value: value + half },
      ],
      record: { scored: at - from, errorSum: Math.max(0, sumOf(sums[index + 1])), naiveSum },
      history: values.subarray(Math.max(0, at - COMBINATION.memory), at),
    };
  });
}

/** Sums of the absolute errors before each point. */
function sumsOf({ actual }: Play, values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let at = 0; at < values.length; at++)
    sums[at + 1] = (sums[at] ?? 0) + Math.abs((values[at] ?? 0) - (actual[at] ?? 0));
  return sums;
}

/** Mean absolute error of forecasts from one point up to another. */
function errorOf({ actual }: Play, values: Float64Array, from: number, to: number): number {
  if (to <= from) return 0;
  let sum = 0;
  for (let at = from; at < to; at++) sum += Math.abs((values[at] ?? 0) - (actual[at] ?? 0));
  return sum / (to - from);
}

/** Of two errors; where both are nothing, neither was better. */
function ratio(mine: number, theirs: number): number {
  return theirs > 0 ? mine / theirs : mine > 0 ? Number.POSITIVE_INFINITY : 1;
}
