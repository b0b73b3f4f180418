import type { Lessons } from '../scaled-change.ts';
import { Descent } from './descent.ts';
import { Perceptron, type PerceptronShape, parameterCount } from './perceptron.ts';

/** Networks that are taught with all rows; with the first their mean is the forecast: each ends up elsewhere. */
const NETWORKS = 2;
/** Epochs of the cycles of a course, which ends after as many of them as did best. */
const CYCLES = [10, 10, 20, 40];
/** Rows that a network is shown at most, the same ones again and again. */
const MOST_SHOWN = 160_000;
/** What part of the rows, the newest, tells how many those are. */
const HELD_OUT = 1 / 5;
/** What a row took for each parameter lately, in ms: how a course is made to keep to its budget. */
let pace = 4e-6;

export interface CourseOptions {
  readonly seed: number;
  /** Most milliseconds that it should take. */
  readonly budgetMs: number;
}

/**
 * Networks that were taught as long as it helps: a first one, taught all rows but the newest, shows after how many cycles it
 * errs least on those (early stopping); as long are the others taught, with all rows. Streams with little noise take a
 * hundred epochs, noisy ones would learn their noise by heart by then.
 */
export function committee(
  lessons: Lessons,
  shape: PerceptronShape,
  { seed, budgetMs }: CourseOptions,
): readonly Perceptron[] {
  const begun = performance.now();
  const cost = lessons.targets.length * parameterCount(shape);
  const first = rehearsed(lessons, shape, { seed, affordable: budgetMs / (pace * cost) });
  const others = Array.from({ length: NETWORKS }, (_, network) => {
    const descent = new Descent(shape, seed + 104_729 * (network + 1));
    for (const epochs of first.cycles) descent.cycle(lessons, epochs);
    return descent.perceptron;
  });
  const epochs = (NETWORKS + 1) * Math.max(1, total(first.cycles));
  pace = 0.8 * pace + 0.2 * ((performance.now() - begun) / (cost * epochs));
  return [first.perceptron, ...others];
}

/** A network as it errs least on the newest rows, which it was not taught, and the cycles that it had then. */
function rehearsed(
  { inputs, targets }: Lessons,
  shape: PerceptronShape,
  { seed, affordable }: { readonly seed: number; readonly affordable: number },
): { readonly perceptron: Perceptron; readonly cycles: readonly number[] } {
  const cut = Math.floor(targets.length * (1 - HELD_OUT));
  const known = { inputs: inputs.subarray(0, cut * shape.inputs), targets: targets.subarray(0, cut) };
  const descent = new Descent(shape, seed);
  const cycles: number[] = [];
  let perceptron = descent.perceptron;
  let least = Number.POSITIVE_INFINITY;
  for (const epochs of CYCLES) {
    const all = total(cycles) + epochs;
    const isTooLong = all * targets.length > MOST_SHOWN || (NETWORKS + 1) * all > affordable;
    // One epoch is the least that can be called taught.
    if (isTooLong && cycles.length > 0) break;
    descent.cycle(known, isTooLong ? 1 : epochs);
    let sum = 0;
    for (let row = cut; row < targets.length; row += 1) {
      sum += Math.abs(descent.perceptron.output(inputs, row * shape.inputs) - (targets[row] ?? 0));
    }
    if (!(sum < least)) break;
    least = sum;
    cycles.push(isTooLong ? 1 : epochs);
    perceptron = new Perceptron(shape, descent.perceptron.parameters.slice());
  }
  return { perceptron, cycles };
}

function total(epochs: readonly number[]): number {
  return epochs.reduce((sum, cycle) => sum + cycle, 0);
}
