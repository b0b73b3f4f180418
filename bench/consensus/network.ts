import type { Series } from './data.ts';
import { GOOD, LONG_AR, RECENT_AR, SEASONAL_AR, SHORT_AR } from './neurons/good.ts';
import type { MakeMethod } from './neurons/method.ts';
import { seasonalSmoothing, simpleSmoothing } from './neurons/smoothing.ts';
import { type Random, seededRandom, seedOf } from './random.ts';

type Kind = 'good' | 'noisy' | 'biased' | 'lagging' | 'adversarial';

/** How the adversaries go about it. They always act together, in the same direction. */
export const ATTACKS = ['wild', 'colluding', 'sleeper', 'drifting'] as const;
export type Attack = (typeof ATTACKS)[number];

/** A neuron's one-step-ahead forecasts of the last points of a series. */
interface Track {
  readonly kind: Kind;
  readonly name: string;
  readonly values: Float64Array;
  /** Deviation that it says its errors have, per point: its quantiles are those of a normal law. */
  readonly spread: Float64Array;
}

/** Everything that happens on one series, forecasts first: what a combination is judged on. */
export interface Play {
  readonly series: Series;
  readonly span: Span;
  readonly actual: Float64Array;
  readonly naive: Float64Array;
  readonly tracks: readonly Track[];
}

/** The newest points of a series, which are forecast: some to learn weights on, those after them to be judged on. */
export interface Span {
  readonly learned: number;
  readonly judged: number;
}

/** Observations before the first point that is forecast, at least: neurons fit on them. */
const LEAST_PAST = 200;
/** Points before those that are judged when drifting adversaries set out. */
const DRIFT_BEFORE = 24;
/** Neurons of a network. */
const NEURONS = 20;
/** Adversaries among them: a few, and in the worst case a third. */
const FEW = 3;
const THIRD = 7;

/** How much of a series is played: what was asked for, and less where that would leave too little to fit on. */
export function spanOf({ values }: Series, asked: Span): Span {
  const points = values.length - LEAST_PAST;
  const learned = Math.min(asked.learned, Math.max(48, Math.floor(points / 3)));
  return { learned, judged: Math.max(1, Math.min(asked.judged, points - learned)) };
}

/** Plays a network on a series. With an attack a third of it is adversarial, otherwise a few wild and drifting ones are. */
export function play(honest: HonestNetwork, attack: Attack | null): Play {
  const { series, span, scale, tracks } = honest;
  const { actual, naive } = targets(series, span);
  const count = attack === null ? FEW : THIRD;
  const random = seededRandom(seedOf(`${series.id} ${attack}`));
  const best = tracks[0];
  const adversaries = Array.from({ length: count }, (_, index): Track => {
    const how = attack ?? ATTACKS[index % 2] ?? 'wild';
    const values = actual.map((_, at) => attacked(how, at, best?.values[at] ?? 0, scale, span, random));
    return { kind: 'adversarial', name: how, values, spread: values.map(() => scale) };
  });
  return { series, span, actual, naive, tracks: [...tracks.slice(0, NEURONS - count), ...adversaries] };
}

/** The honest neurons of a series: those at the end leave first when adversaries take over. */
export interface HonestNetwork {
  readonly series: Series;
  readonly span: Span;
  /** The mean absolute change before the points that are forecast: the unit of noise, bias and attacks. */
  readonly scale: number;
  readonly tracks: readonly Track[];
}

export function honestNetwork(series: Series, span: Span): HonestNetwork {
  const random = seededRandom(seedOf(series.id));
  const scale = scaleOf(series, span);
  const { actual } = targets(series, span);
  const made = new Map<MakeMethod, Float64Array>();
  const of = (make: MakeMethod): Float64Array => {
    const values = made.get(make) ?? forecasts(series, span, make);
    made.set(make, values);
    return values;
  };
  const track = (kind: Kind, make: MakeMethod, change: (from: Float64Array) => Float64Array): Track => {
    const values = change(of(make));
    const name = `${kind} ${make(series.season).name}`;
    return { kind, name, values, spread: spreadOf(actual, values, scale) };
  };
  const good = (make: MakeMethod) => track('good', make, (values) => values);
  const noisy = (make: MakeMethod) =>
    track('noisy', make, (values) => values.map((value) => value + scale * random.normal()));
  const biased = (make: MakeMethod, by: number) =>
    track('biased', make, (values) => values.map((value) => value + by * scale));
  // Forecasts each point as it should have forecast the one `steps` before.
  const lagging = (make: MakeMethod, steps: number) =>
    track('lagging', make, (values) => values.map((_, at) => values[Math.max(0, at - steps)] ?? 0));
  const tracks = [
    ...GOOD.slice(0, 6).map(good),
    ...[SEASONAL_AR, seasonalSmoothing, SHORT_AR].map(noisy),
    ...[biased(RECENT_AR, 0.7), biased(LONG_AR, -0.5)],
    ...[lagging(SEASONAL_AR, 1), lagging(simpleSmoothing, 2)],
    ...GOOD.slice(6, 8).map(good),
    ...[biased(SEASONAL_AR, 1), lagging(LONG_AR, 1)],
  ];
  return { series, span, scale, tracks };
}

function targets({ values }: Series, { learned, judged }: Span): Pick<Play, 'actual' | 'naive'> {
  const from = values.length - learned - judged;
  return { actual: values.slice(from), naive: values.slice(from - 1, -1) };
}

function forecasts({ values, season }: Series, { learned, judged }: Span, make: MakeMethod): Float64Array {
  const method = make(season);
  const points = learned + judged;
  return Float64Array.from({ length: points }, (_, at) =>
    method.next(values.subarray(0, values.length - points + at)),
  );
}

function scaleOf({ values }: Series, { learned, judged }: Span): number {
  const past = values.subarray(0, values.length - learned - judged).subarray(-200);
  let sum = 0;
  for (let at = 1; at < past.length; at++) sum += Math.abs((past[at] ?? 0) - (past[at - 1] ?? 0));
  return sum / Math.max(past.length - 1, 1) || 1e-9;
}

/** The deviation that a neuron's errors so far have, with the naive scale as its first guess. */
function spreadOf(actual: Float64Array, values: Float64Array, scale: number): Float64Array {
  let squares = 4 * scale ** 2;
  return values.map((value, at) => {
    const spread = Math.sqrt(squares / (at + 4));
    squares += ((actual[at] ?? 0) - value) ** 2;
    return spread;
  });
}

/** `honest` is what the best neuron says here: a sleeper says the same until it strikes. */
function attacked(
  how: Attack,
  at: number,
  honest: number,
  scale: number,
  { learned, judged }: Span,
  random: Random,
): number {
  switch (how) {
    case 'wild':
      return honest + scale * 10 ** (6 * random.uniform());
    case 'colluding':
      return honest + 4 * scale;
    case 'sleeper':
      return honest + (at >= learned + judged / 2 ? 8 * scale : 0);
    case 'drifting':
      return honest + 0.15 * scale * Math.max(0, at - learned + DRIFT_BEFORE);
  }
}
