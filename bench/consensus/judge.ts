import type { PeerForecast } from '../../server/domain/consensus/combine.ts';
import type { PastForecast } from '../../server/domain/consensus/gate.ts';
import { COMBINATION } from '../../server/domain/consensus/settings.ts';
import type { Candidate } from './candidates.ts';
import { JUDGED, type Play, POINTS } from './network.ts';

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
  const past: PastForecast[] = [];
  const errors = new Float64Array(POINTS);
  let inside = 0;
  let intervals = 0;
  for (let at = 0; at < POINTS; at++) {
    const naive = play.naive[at] ?? 0;
    const actual = play.actual[at] ?? 0;
    const { value, pooled, low, high } = candidate(naive, peersAt(play, at), past);
    past.push({ naive, pooled, actual });
    errors[at] = Math.abs(value - actual);
    if (at < POINTS - JUDGED || low === undefined || high === undefined) continue;
    intervals += 1;
    if (low <= actual && actual <= high) inside += 1;
  }
  const mine = mean(errors.subarray(-JUDGED));
  const honest = play.tracks.filter(({ kind }) => kind !== 'adversarial');
  const before = honest.map(({ values }) => errorOf(play, values, 0, POINTS - JUDGED));
  const after = honest.map(({ values }) => errorOf(play, values, POINTS - JUDGED, POINTS));
  const known = after[before.indexOf(Math.min(...before))] ?? 0;
  return {
    toBest: ratio(mine, Math.min(...after)),
    toKnownBest: ratio(mine, known),
    toNaive: ratio(mine, errorOf(play, play.naive, POINTS - JUDGED, POINTS)),
    covered: intervals > 0 ? inside / intervals : null,
  };
}

function peersAt(play: Play, at: number): readonly PeerForecast[] {
  const from = Math.max(0, at - COMBINATION.window);
  const naiveSum = errorOf(play, play.naive, from, at) * (at - from);
  return play.tracks.map(({ values, spread }) => {
    const value = values[at] ?? 0;
    const half = 1.2816 * (spread[at] ?? 0);
    return {
      value,
      quantiles: [
        { level: 0.1, value: value - half },
        { level: 0.5, value },
        { level: 0.9, value: value + half },
      ],
      record: { scored: at - from, errorSum: errorOf(play, values, from, at) * (at - from), naiveSum },
    };
  });
}

/** Mean absolute error of forecasts from one point up to another. */
function errorOf({ actual }: Play, values: Float64Array, from: number, to: number): number {
  if (to <= from) return 0;
  let sum = 0;
  for (let at = from; at < to; at++) sum += Math.abs((values[at] ?? 0) - (actual[at] ?? 0));
  return sum / (to - from);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of two errors; where both are nothing, neither was better. */
function ratio(mine: number, theirs: number): number {
  return theirs > 0 ? mine / theirs : mine > 0 ? Number.POSITIVE_INFINITY : 1;
}
