import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../schema/seeded-random.ts';
import { normalFrom } from '../../testing/test-series.ts';
import type { Lessons } from '../scaled-change.ts';
import { committee } from './course.ts';
import { Descent } from './descent.ts';
import { initialise, Perceptron, parameterCount } from './perceptron.ts';

const shapes = fc.record({
  inputs: fc.integer({ min: 1, max: 5 }),
  hidden: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
});

function randomly({ inputs, hidden }: { inputs: number; hidden: number[] }, seed: number) {
  const normal = normalFrom(seed);
  const shape = { inputs, hidden };
  const parameters = Float64Array.from({ length: parameterCount(shape) }, normal);
  return {
    perceptron: new Perceptron(shape, parameters),
    row: Float64Array.from({ length: inputs }, normal),
  };
}

/** Layer by layer, as a textbook has it. */
function expectedOutput({ shape, parameters }: Perceptron, row: readonly number[]): number {
  let at = 0;
  let taken = [...row];
  for (const units of shape.hidden) {
    const before = taken;
    const biases = at + units * before.length;
    taken = Array.from({ length: units }, (_, unit) => {
      const weighed = before.map((value, i) => value * (parameters[at + unit * before.length + i] ?? 0));
      return Math.max(
        0,
        weighed.reduce((sum, value) => sum + value, parameters[biases + unit] ?? 0),
      );
    });
    at = biases + units;
  }
  const straight = at + taken.length + 1;
  const sum = (values: readonly number[], from: number) =>
    values.reduce((all, value, i) => all + value * (parameters[from + i] ?? 0), 0);
  return sum(taken, at) + (parameters[straight - 1] ?? 0) + sum(row, straight);
}

describe('a perceptron', () => {
  it('is its layers one after the other, and the straight way beside them', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const { perceptron, row } = randomly(shape, seed);
        const padded = Float64Array.of(7, 7, ...row, 7);
        expect(perceptron.output(padded, 2)).toBeCloseTo(expectedOutput(perceptron, [...row]), 9);
      }),
    );
  });

  it('knows how its output changes with each of its parameters, as trying it out shows', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const { perceptron, row } = randomly(shape, seed);
        const { parameters } = perceptron;
        const gradient = new Float64Array(parameters.length);
        perceptron.output(row);
        perceptron.backpropagate(2, gradient);
        const step = 1e-6;
        for (const [at, slope] of gradient.entries()) {
          const changed = (by: number) => {
            const other = parameters.slice();
            other[at] = (other[at] ?? 0) + by;
            return 2 * new Perceptron(perceptron.shape, other).output(row);
          };
          const [up, down] = [changed(step), changed(-step)];
          const straight = Math.abs(up + down - 2 * changed(0)) < 1e-9;
          // At a bend there is no one slope.
          if (straight) expect(Math.abs((up - down) / (2 * step) - slope)).toBeLessThan(1e-4);
        }
      }),
    );
  });

  it('begins with weights that neither swell nor shrink what goes through it', () => {
    const perceptron = new Perceptron({ inputs: 50, hidden: [40, 30] });
    const normal = normalFrom(5);
    initialise(perceptron, normal);
    const outputs = Array.from({ length: 200 }, () =>
      perceptron.output(Float64Array.from({ length: 50 }, normal)),
    );
    const size = outputs.reduce((sum, output) => sum + Math.abs(output), 0) / outputs.length;
    expect(size).toBeGreaterThan(0.05);
    expect(size).toBeLessThan(1);
  });
});

/** Inputs of which the first three make the `signal`; noise comes on top. */
function lessonsOf(
  rows: number,
  noise: number,
  signal: (a: number, b: number, c: number) => number,
  columns = 3,
): Lessons {
  const random = randomFrom(9);
  const normal = normalFrom(10);
  const inputs = Float64Array.from({ length: columns * rows }, () => 4 * random() - 2);
  const targets = Float64Array.from({ length: rows }, (_, row) => {
    const [a = 0, b = 0, c = 0] = inputs.subarray(columns * row);
    return signal(a, b, c) + noise * normal();
  });
  return { inputs, targets };
}

const SHAPE = { inputs: 3, hidden: [16, 8] };
const bent = (a: number, b: number, c: number) => Math.abs(a) + (b > 0 ? c : -c);

function meanError({ inputs, targets }: Lessons, perceptron: Perceptron): number {
  const columns = perceptron.shape.inputs;
  const errors = targets.map((target, row) => Math.abs(perceptron.output(inputs, columns * row) - target));
  return errors.reduce((sum, error) => sum + error, 0) / targets.length;
}

describe('descent', () => {
  it('learns what is bent', () => {
    const lessons = lessonsOf(1_000, 0, bent);
    const descent = new Descent(SHAPE, 1);
    const before = meanError(lessons, descent.perceptron);
    descent.cycle(lessons, 60);
    expect(meanError(lessons, descent.perceptron)).toBeLessThan(0.2 * before);
  });

  it('goes for the median, not for the mean', () => {
    const random = randomFrom(3);
    const inputs = new Float64Array(3 * 600);
    const targets = Float64Array.from({ length: 600 }, () => (random() < 0.2 ? 6 : 0));
    const descent = new Descent(SHAPE, 1);
    descent.cycle({ inputs, targets }, 60);
    expect(Math.abs(descent.perceptron.output(inputs))).toBeLessThan(0.15);
  });
});

describe('a committee', () => {
  it('errs less on new rows than the longest course would, where there is little but noise', () => {
    const all = lessonsOf(600, 3, (a) => 0.3 * a, 20);
    const known = { inputs: all.inputs.subarray(0, 6_000), targets: all.targets.subarray(0, 300) };
    const fresh = { inputs: all.inputs.subarray(6_000), targets: all.targets.subarray(300) };
    const shape = { ...SHAPE, inputs: 20 };
    const errorOf = (networks: readonly Perceptron[]) =>
      networks.reduce((sum, network) => sum + meanError(fresh, network), 0) / networks.length;
    const long = new Descent(shape, 1);
    long.cycle(known, 80);
    const taught = committee(known, shape, { seed: 1, budgetMs: 60_000 });
    expect(errorOf(taught)).toBeLessThan(0.9 * errorOf([long.perceptron]));
  });

  it('goes on for as long as it learns', () => {
    const lessons = lessonsOf(300, 0, bent);
    const short = new Descent(SHAPE, 1);
    short.cycle(lessons, 10);
    for (const network of committee(lessons, SHAPE, { seed: 1, budgetMs: 60_000 })) {
      expect(meanError(lessons, network)).toBeLessThan(0.5 * meanError(lessons, short.perceptron));
    }
  });

  it('is taught as before after lessons that nobody could learn', () => {
    const lessons = lessonsOf(200, 0.5, bent);
    const options = { seed: 1, budgetMs: 10_000 };
    const before = committee(lessons, SHAPE, options).map(({ parameters }) => parameters);
    const hopeless = { ...lessons, targets: lessons.targets.map(() => Number.NaN) };
    committee(hopeless, SHAPE, options);
    expect(committee(lessons, SHAPE, options).map(({ parameters }) => parameters)).toEqual(before);
  });

  it('is content with one epoch where there is no time for more', () => {
    const lessons = lessonsOf(800, 1, bent);
    const times = [0, 60_000].map((budgetMs) => {
      const begun = process.cpuUsage().user;
      committee(lessons, SHAPE, { seed: 1, budgetMs });
      return process.cpuUsage().user - begun;
    });
    expect(times[0]).toBeLessThan(0.5 * (times[1] ?? 0));
  });
});
