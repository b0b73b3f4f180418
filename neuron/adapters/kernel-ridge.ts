import { z } from 'zod';
import { dot } from '../numeric/normal-equations.ts';
import { packFloats, unpackFloats } from '../numeric/packed-floats.ts';
import type { Adapter, FitContext, FittedModel, Series } from './adapter.ts';
import { KernelBasis } from './kernel-ridge/kernel-basis.ts';
import { fitKernelMachine, type KernelMachine } from './kernel-ridge/kernel-machine.ts';
import {
  FOOTING,
  type Footing,
  forecaster,
  inputColumns,
  lessonsOf,
  loadedFooting,
  savedFooting,
} from './scaled-change.ts';
import { tail } from './tail.ts';

/** Newest rows that are looked at, those of them that are fitted to, and fewest. */
const MOST_ROWS = { known: 8_000, fitted: 1_500 };
const LEAST_ROWS = 100;
/** How often a longer season must have been there: before, its inputs set rows apart more than they tell of them. */
const LEAST_CYCLES = 8;
/** As trees: a model takes about as much as one of theirs, so a neuron that follows a lot does without it, too. */
const MEMORY_BYTES = 96e6;

const SAVED = z.strictObject({
  relevances: z.array(z.number()),
  landmarks: z.base64(),
  coefficients: z.array(z.number()),
  strength: z.number(),
  ...FOOTING,
});

/**
 * Kernel ridge regression on the inputs of the perceptrons, by absolute errors; the scaled change from row to row as
 * target. It forecasts by what followed rows that were like the newest: on short and clean series that errs least, and
 * otherwise than networks and trees do.
 */
export const kernelRidge: Adapter = {
  name: 'kernel-ridge',
  version: 1,
  instant: false,
  canRun: (resources, { values }) => values.length >= LEAST_ROWS && resources.memoryBytes >= MEMORY_BYTES,
  fit: fitKernelRidge,
  load: (saved) => {
    const parsed = SAVED.safeParse(saved);
    if (!parsed.success) return undefined;
    const { relevances, landmarks, coefficients, strength, ...rest } = parsed.data;
    const footing = loadedFooting(rest);
    const numbers = unpackFloats(landmarks);
    if (relevances.length !== inputColumns(footing) || !numbers) return undefined;
    if (numbers.length !== (coefficients.length - relevances.length - 1) * relevances.length)
      return undefined;
    const basis = new KernelBasis(Float64Array.from(relevances), numbers);
    return modelOf({ basis, coefficients: Float64Array.from(coefficients), strength }, footing);
  },
};

function fitKernelRidge(series: Series, { pattern, seed }: FitContext): FittedModel {
  const newest = tail(series, MOST_ROWS.known);
  const shortest = Math.min(...pattern.seasons);
  const seasons = pattern.seasons.filter(
    (period) => period === shortest || period * LEAST_CYCLES <= newest.values.length,
  );
  const { inputs, targets, ...footing } = lessonsOf(newest, { ...pattern, seasons }, MOST_ROWS.fitted);
  return modelOf(fitKernelMachine({ inputs, targets }, seed), footing);
}

function modelOf({ basis, coefficients, strength }: KernelMachine, footing: Footing): FittedModel {
  const functions = new Float64Array(basis.columns);
  return {
    hyperparameters: { strength },
    predict: forecaster(footing, (inputs) => {
      basis.fill(inputs, 0, functions, 0);
      return dot(coefficients, functions, 0);
    }),
    save: () => ({
      relevances: [...basis.relevances],
      landmarks: packFloats(basis.landmarks),
      coefficients: [...coefficients],
      strength,
      ...savedFooting(footing),
    }),
  };
}
