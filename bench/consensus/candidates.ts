import { combine, type PeerForecast } from '../../server/domain/consensus/combine.ts';
import type { PastForecast } from '../../server/domain/consensus/gate.ts';
import { weightedMedian } from '../../server/domain/consensus/robust-mean.ts';
import { COMBINATION, type CombinationSettings } from '../../server/domain/consensus/settings.ts';

/** What a way of combining makes of a step: `pooled` is what its later gates learn from. */
interface Outcome {
  readonly value: number;
  readonly pooled: number;
  /** Its 80 % interval, if it gives one. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A way of combining, given what is known before the target comes. */
export type Candidate = (
  naive: number,
  peers: readonly PeerForecast[],
  past: readonly PastForecast[],
) => Outcome;

const NO_GATE: Partial<CombinationSettings> = { shrinkage: [1], firstTargets: 0, caution: 0 };

function ours(changed: Partial<CombinationSettings> = {}): Candidate {
  return (naive, peers, past) => {
    const { value, pooled, quantiles } = combine(naive, peers, past, { ...COMBINATION, ...changed });
    const at = (level: number) => quantiles.find((quantile) => quantile.level === level)?.value;
    return { value, pooled, low: at(0.1), high: at(0.9) };
  };
}

const median: Candidate = (_naive, peers) =>
  same(
    weightedMedian(
      peers.map(({ value }) => value),
      peers.map(() => 1),
    ),
  );

/** The mean without the lowest and the highest fifth. */
const trimmed: Candidate = (_naive, peers) => {
  const values = peers.map(({ value }) => value).sort((a, b) => a - b);
  const cut = Math.floor(values.length / 5);
  const kept = values.slice(cut, values.length - cut);
  return same(kept.reduce((sum, value) => sum + value, 0) / kept.length);
};

/**
 * Exponential weights on the errors of the window, in naive errors (Cesa-Bianchi & Lugosi 2006, chapter 2).
 */
function hedge(rate: number): Candidate {
  return (_naive, peers) => {
    const losses = peers.map(({ record }) =>
      record.naiveSum > 0 ? (rate * record.errorSum * record.scored) / record.naiveSum : 0,
    );
    const least = Math.min(...losses);
    const weights = losses.map((loss) => Math.exp(least - loss));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return same(peers.reduce((sum, { value }, index) => sum + (value * (weights[index] ?? 0)) / total, 0));
  };
}

function same(value: number): Outcome {
  return { value, pooled: value };
}

/** What is measured; the first is what the server does. */
export const CANDIDATES: ReadonlyMap<string, Candidate> = new Map([
  ['consensus', ours()],
  ['power 2, gate', ours({ sharpness: 2 })],
  ['power 4, gate', ours({ sharpness: 4 })],
  ['power 12, gate', ours({ sharpness: 12 })],
  ['power 8, no stacking, gate', ours({ leaders: 0 })],
  ['4 leaders', ours({ leaders: 4 })],
  ['16 leaders', ours({ leaders: 16 })],
  ['the whole correction', ours({ stackingShare: 1 })],
  ['gate over 48', ours({ gateWindow: 48 })],
  ['power 8, no caution', ours({ caution: 0 })],
  ['no gate', ours(NO_GATE)],
  ['no gate, no stacking, not robust', ours({ ...NO_GATE, leaders: 0, reach: 1e9 })],
  ['weighted median, power 8, gate', ours({ reach: 0 })],
  ['hedge 0.2', hedge(0.2)],
  ['hedge 0.5', hedge(0.5)],
  ['median', median],
  ['trimmed mean', trimmed],
]);
