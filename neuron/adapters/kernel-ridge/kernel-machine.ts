import { randomFrom } from '../../../schema/seeded-random.ts';
import {
  dot,
  type NormalEquations,
  normalEquations,
  type Rows,
  solveRidge,
} from '../../numeric/normal-equations.ts';
import { shuffle } from '../../numeric/shuffle.ts';
import type { Lessons } from '../scaled-change.ts';
import { KernelBasis } from './kernel-basis.ts';

/** Rows that stand for all; fewer are enough to choose the strength by. */
const LANDMARKS = { chosen: 100, fitted: 200 };
/** Ridge strengths to choose from. */
const STRENGTHS = [0.03, 0.1, 0.3, 1, 3, 10];
/** Stretches of rows that are left out in turn, to see what a strength is worth. */
const FOLDS = 5;
/** Rounds of reweighting towards the least absolute deviations. */
const ROUNDS = 2;
/** The straight line that tells what inputs are relevant: its strength a row, of so many rows or more, and its rounds. */
const LINE = { strength: 0.003, rows: 300, rounds: 6 };
/** Errors below this, in typical changes, weigh no more than one of this size. */
const ROUNDED = 0.1;
/** What an input is relevant by at least, beside the mean of them. */
const LEAST_RELEVANCE = 0.1;

/** A kernel basis and how its functions are added up. */
export interface KernelMachine {
  readonly basis: KernelBasis;
  readonly coefficients: Float64Array;
  readonly strength: number;
}

/**
 * Kernel ridge regression that errs least in absolute terms, by iteratively reweighted least squares (Schlossmacher
 * 1973). Inputs count by how much a straight line makes of them; the strength is the one with the least mean absolute
 * error by cross-validation over stretches of rows. The same seed and lessons make the same machine.
 */
export function fitKernelMachine(lessons: Lessons, seed: number): KernelMachine {
  const { inputs, targets } = lessons;
  const columns = inputs.length / targets.length;
  const straight = new KernelBasis(new Float64Array(columns).fill(1), new Float32Array());
  const line = reweighted(rowsOf(lessons, straight), straight, {
    strength: LINE.strength * Math.max(targets.length, LINE.rows),
    errors: new Float64Array(targets.length),
    rounds: LINE.rounds,
  });
  const relevances = relevancesBy(line.coefficients.subarray(0, columns));
  const order = Int32Array.from(targets, (_, row) => row);
  shuffle(order, randomFrom(seed));
  const basisOf = (landmarks: number) => basisWith(lessons, relevances, order.subarray(0, landmarks));
  const few = basisOf(LANDMARKS.chosen);
  const { strength, errors } = choose(rowsOf(lessons, few), few, line.errors);
  const basis = basisOf(LANDMARKS.fitted);
  const { coefficients } = reweighted(rowsOf(lessons, basis), basis, { strength, errors, rounds: ROUNDS });
  return { basis, coefficients, strength };
}

/** The coefficients after so many rounds of reweighting, from the weights of known errors on, and their errors. */
function reweighted(
  rows: Rows,
  basis: KernelBasis,
  { strength, errors, rounds }: { strength: number; errors: Float64Array; rounds: number },
): { readonly coefficients: Float64Array; readonly errors: Float64Array } {
  const penalties = basis.penalties();
  let coefficients: Float64Array = new Float64Array(basis.columns);
  let residuals = errors;
  for (let round = 0; round < rounds; round += 1) {
    const equations = normalEquations(rows, weightsBy(residuals), 0, rows.targets.length);
    coefficients = solveRidge(equations, penalties, strength) ?? coefficients;
    residuals = errorsOf(rows, coefficients);
  }
  return { coefficients, errors: residuals };
}

/** What inputs count for, by what a straight line makes of them: their squares are 1 in sum. */
function relevancesBy(slopes: Float64Array): Float64Array {
  const sizes = slopes.map(Math.abs);
  const mean = sum(sizes) / sizes.length;
  const raised = sizes.map((size) => (mean > 0 ? size / mean : 1) + LEAST_RELEVANCE);
  const norm = Math.sqrt(sum(raised.map((relevance) => relevance ** 2)));
  return raised.map((relevance) => relevance / norm);
}

function basisWith({ inputs }: Lessons, relevances: Float64Array, rows: Int32Array): KernelBasis {
  const columns = relevances.length;
  const landmarks = new Float32Array(rows.length * columns);
  for (const [landmark, row] of rows.entries()) {
    for (let i = 0; i < columns; i += 1) {
      landmarks[landmark * columns + i] = (inputs[row * columns + i] ?? 0) * (relevances[i] ?? 0);
    }
  }
  return new KernelBasis(relevances, landmarks);
}

function rowsOf({ inputs, targets }: Lessons, basis: KernelBasis): Rows {
  const functions = new Float64Array(targets.length * basis.columns);
  for (let row = 0; row < targets.length; row += 1) {
    basis.fill(inputs, row * basis.relevances.length, functions, row * basis.columns);
  }
  return { functions, columns: basis.columns, targets };
}

/** The strength that errs least on stretches that were left out, and the errors it made there. */
function choose(
  rows: Rows,
  basis: KernelBasis,
  lineErrors: Float64Array,
): { readonly strength: number; readonly errors: Float64Array } {
  const n = rows.targets.length;
  const weights = weightsBy(lineErrors);
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const [from, to] = [Math.floor((n * fold) / FOLDS), Math.floor((n * (fold + 1)) / FOLDS)];
    return { from, to, own: normalEquations(rows, weights, from, to) };
  });
  const all = folds.map(({ own }) => own);
  const others = all.map((own) => without(all, own));
  const penalties = basis.penalties();
  let best = { strength: STRENGTHS.at(-1) ?? 1, errors: lineErrors };
  let least = Number.POSITIVE_INFINITY;
  for (const strength of STRENGTHS) {
    const errors = new Float64Array(n);
    for (const [index, { from, to }] of folds.entries()) {
      const equations = others[index];
      const coefficients = equations && solveRidge(equations, penalties, strength);
      for (let row = from; row < to; row += 1) {
        errors[row] = coefficients
          ? dot(coefficients, rows.functions, row * rows.columns) - (rows.targets[row] ?? 0)
          : Number.POSITIVE_INFINITY;
      }
    }
    const error = sum(errors.map(Math.abs));
    if (!(error < least)) continue;
    least = error;
    best = { strength, errors };
  }
  return best;
}

/** The equations of all stretches but one. */
function without(all: readonly NormalEquations[], one: NormalEquations): NormalEquations {
  const gram = new Float64Array(one.gram.length);
  const moments = new Float64Array(one.moments.length);
  for (const equations of all) {
    if (equations === one) continue;
    for (let i = 0; i < gram.length; i += 1) gram[i] = (gram[i] ?? 0) + (equations.gram[i] ?? 0);
    for (let i = 0; i < moments.length; i += 1) moments[i] = (moments[i] ?? 0) + (equations.moments[i] ?? 0);
  }
  return { gram, moments };
}

/** Of reweighted least squares; their mean is 1, so that a strength means the same for all of them. */
function weightsBy(errors: Float64Array): Float64Array {
  const weights = errors.map((error) => 1 / Math.max(Math.abs(error), ROUNDED));
  const mean = sum(weights) / weights.length;
  return weights.map((weight) => weight / mean);
}

function errorsOf(rows: Rows, coefficients: Float64Array): Float64Array {
  return rows.targets.map((target, row) => dot(coefficients, rows.functions, row * rows.columns) - target);
}

function sum(numbers: Float64Array): number {
  return numbers.reduce((total, number) => total + number, 0);
}
