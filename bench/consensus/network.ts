import type { Series } from './data.ts';
import { GOOD, LONG_AR, RECENT_AR, SEASONAL_AR, SHORT_AR } from './neurons/good.ts';
import { back, type MakeMethod } from './neurons/method.ts';
import { seasonalSmoothing, simpleSmoothing } from './neurons/smoothing.ts';
import { type Random, seededRandom, seedOf } from './random.ts';

type Kind = 'good' | 'noisy' | 'biased' | 'lagging' | 'adversarial';

/** How the adversaries go about it. They always act together, in the same direction. */
export const ATTACKS = ['wild', 'colluding', 'sleeper', 'drifting'] as const;
export type Attack = (typeof ATTACKS)[number];

/** A neuron's one-step-ahead forecasts of the last points of a series. */
export interface Track {
  readonly kind: Kind;
  readonly name: string;
  readonly values: Float64Array;
  /** Deviation that it says its errors have, per point: its quantiles are those of a normal law. */
  readonly spread: Float64Array;
}

/** Everything that happens on one series, forecasts first: what a combination is judged on. */
export interface Play {
  readonly series: Series;
  readonly actual: Float64Array;
  readonly naive: Float64Array;
  readonly tracks: readonly Track[];
}

/** Points that are forecast: half of them to learn weights on, half to be judged on. */
export const POINTS = 96;
export const JUDGED = 48;
/** Neurons of a network. */
const NEURONS = 20;
/** Adversaries among them: a few, and in the worst case a third. */
const FEW = 3;
const THIRD = 7;

/** Plays a network on a series. With an attack a third of it is adversarial, otherwise a few wild and drifting ones are. */
export function play(series: Series, honest: readonly Track[], attack: Attack | null): Play {
  const { actual, naive } = target(series);
  const count = attack === null ? FEW : THIRD;
  const random = seededRandom(seedOf(`${series.id} ${attack}`));
  const scale = scaleOf(series);
  const best = honest[0];
  const adversaries = Array.from({ length: count }, (_, index): Track => {
    const how = attack ?? ATTACKS[index % 2] ?? 'wild';
    const values = actual.map((_, at) => attacked(how, at, best?.values[at] ?? 0, scale, random));
    return { kind: 'adversarial', name: how, values, spread: values.map(() => scale) };
  });
  return { series, actual, naive, tracks: [...without(honest, NEURONS - count), ...adversaries] };
}

/** The honest neurons, those that leave first when adversaries take over at the end. */
export function honestTracks(series: Series): readonly Track[] {
  const random = seededRandom(seedOf(series.id));
  const scale = scaleOf(series);
  const of = (make: MakeMethod) => forecasts(series, make);
  const track = (kind: Kind, make: MakeMethod, change: (value: number, at: number) => number): Track => {
    const values = of(make).map(change);
    return { kind, name: `${kind} ${make(series.season).name}`, values, spread: spreadOf(series, values) };
  };
  const noisy = (make: MakeMethod) => track('noisy', make, (value) => value + scale * random.normal());
  const biased = (make: MakeMethod, by: number) => track('biased', make, (value) => value + by * scale);
  const lagging = (make: MakeMethod, steps: number) =>
    lag(
      series,
      track('lagging', make, (value) => value),
      steps,
    );
  return [
    ...GOOD.slice(0, 6).map((make) => track('good', make, (value) => value)),
    ...[SEASONAL_AR, seasonalSmoothing, SHORT_AR].map(noisy),
    ...[biased(RECENT_AR, 0.7), biased(LONG_AR, -0.5)],
    ...[lagging(SEASONAL_AR, 1), lagging(simpleSmoothing, 2)],
    ...GOOD.slice(6, 8).map((make) => track('good', make, (value) => value)),
    ...[biased(SEASONAL_AR, 1), lagging(LONG_AR, 1)],
  ];
}

function without(tracks: readonly Track[], count: number): readonly Track[] {
  return tracks.slice(0, count);
}

function target({ values }: Series): Pick<Play, 'actual' | 'naive'> {
  const from = values.length - POINTS;
  return { actual: values.slice(from), naive: values.slice(from - 1, -1) };
}

function forecasts({ values, season }: Series, make: MakeMethod): Float64Array {
  const method = make(season);
  const from = values.length - POINTS;
  return Float64Array.from({ length: POINTS }, (_, at) => method.next(values.subarray(0, from + at)));
}

/** A neuron that forecasts each point when it should have forecast the one `steps` before. */
function lag(series: Series, track: Track, steps: number): Track {
  const first = track.values[0] ?? back(series.values, POINTS);
  const values = track.values.map((_, at) => track.values[at - steps] ?? first);
  return { ...track, values, spread: spreadOf(series, values) };
}

/** The mean absolute change before the points that are forecast. */
function scaleOf({ values }: Series): number {
  const past = values.subarray(-POINTS - 200, -POINTS);
  let sum = 0;
  for (let at = 1; at < past.length; at++) sum += Math.abs((past[at] ?? 0) - (past[at - 1] ?? 0));
  return sum / Math.max(past.length - 1, 1) || 1e-9;
}

/** The deviation that a neuron's errors so far have, with the naive scale as its first guess. */
function spreadOf(series: Series, values: Float64Array): Float64Array {
  const { actual } = target(series);
  let squares = 4 * scaleOf(series) ** 2;
  return values.map((value, at) => {
    const spread = Math.sqrt(squares / (at + 4));
    squares += ((actual[at] ?? 0) - value) ** 2;
    return spread;
  });
}

/** `honest` is what the best neuron says here: a sleeper says the same until it strikes. */
function attacked(how: Attack, at: number, honest: number, scale: number, random: Random): number {
  switch (how) {
    case 'wild':
      return honest + scale * 10 ** (6 * random.uniform());
    case 'colluding':
      return honest + 4 * scale;
    case 'sleeper':
      return honest + (at >= JUDGED + JUDGED / 2 ? 8 * scale : 0);
    case 'drifting':
      return honest + 0.15 * scale * Math.max(0, at - JUDGED / 2);
  }
}
