import { z } from 'zod';
import type { FittedModel, Pattern, Series } from './adapter.ts';
import { featureShape, memoryOf, typicalChange } from './features.ts';
import { type InputFrame, Inputs, type Standard } from './inputs.ts';
import { tail } from './tail.ts';

/** Changes beyond so many typical ones count as that many, and no larger one is forecast. */
const CLIP = 6;

/** Rows of inputs (row-major), and what they are to explain. */
export interface Lessons {
  readonly inputs: Float64Array;
  readonly targets: Float64Array;
}

/** What inputs are made of, and how they were brought to one size. */
export interface Footing {
  readonly frame: InputFrame;
  readonly standard: Standard;
}

/** A footing as it is saved. */
export const FOOTING = {
  standard: z.strictObject({ middles: z.array(z.number()), spreads: z.array(z.number().positive()) }),
  shape: z.strictObject({ seasons: z.array(z.int().min(2)), calendar: z.array(z.number()) }),
  pattern: z.strictObject({ cadenceMs: z.number(), regular: z.boolean(), seasons: z.array(z.int()) }),
  unit: z.number().positive(),
};
const SAVED_FOOTING = z.object(FOOTING);

export function savedFooting({ frame, standard }: Footing): z.infer<typeof SAVED_FOOTING> {
  const { shape, pattern, unit } = frame;
  return {
    standard: { middles: [...standard.middles], spreads: [...standard.spreads] },
    shape: { seasons: [...shape.seasons], calendar: [...shape.calendar] },
    pattern: { ...pattern, seasons: [...pattern.seasons] },
    unit,
  };
}

export function loadedFooting({ standard, ...frame }: z.infer<typeof SAVED_FOOTING>): Footing {
  const middles = Float64Array.from(standard.middles);
  return { frame, standard: { middles, spreads: Float64Array.from(standard.spreads) } };
}

/** How many inputs there are. */
export function inputColumns({ frame }: Footing): number {
  return new Inputs({ times: [], values: [] }, frame).columns;
}

/**
 * The newest rows of a series, at most so many, as lessons: standardised inputs, and as target the change from the row
 * before in typical changes.
 */
export function lessonsOf(series: Series, pattern: Pattern, rows: number): Lessons & Footing {
  const { values } = series;
  const frame = { shape: featureShape(series, pattern), pattern, unit: typicalChange(values) };
  const design = new Inputs(series, frame);
  const first = Math.max(values.length - rows, Math.min(design.reach, Math.floor(values.length / 3)));
  const inputs = new Float64Array((values.length - first) * design.columns);
  const targets = new Float64Array(values.length - first);
  for (let row = first; row < values.length; row += 1) {
    design.fill(row, inputs, (row - first) * design.columns);
    const change = ((values[row] ?? 0) - (values[row - 1] ?? 0)) / frame.unit;
    targets[row - first] = clipped(change);
  }
  return { inputs, targets, frame, standard: design.standardise(inputs) };
}

/** Forecasts by what a model says of the next change, in typical ones; further ones by taking forecasts for rows. */
export function forecaster(
  { frame, standard }: Footing,
  changeOf: (inputs: Float64Array) => number,
): FittedModel['predict'] {
  return (series, horizon) => {
    if (series.values.length < 3) return undefined;
    const newest = tail(series, memoryOf(frame.shape));
    const design = new Inputs(newest, frame, horizon);
    const inputs = new Float64Array(design.columns);
    let value = newest.values.at(-1) ?? Number.NaN;
    for (let step = 0; step < horizon; step += 1) {
      design.fill(newest.values.length + step, inputs, 0, standard);
      value += frame.unit * clipped(changeOf(inputs));
      design.append(value);
    }
    return value;
  };
}

function clipped(change: number): number {
  return Math.max(-CLIP, Math.min(CLIP, change));
}
