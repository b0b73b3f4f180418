import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../schema/seeded-random.ts';
import { solveCholesky } from '../../numeric/cholesky.ts';
import { dot, normalEquations, type Rows, solveRidge } from '../../numeric/normal-equations.ts';
import { contextOf, daily, hourly, normalFrom } from '../../testing/test-series.ts';
import { kernelRidge } from '../kernel-ridge.ts';
import type { Lessons } from '../scaled-change.ts';
import { KernelBasis } from './kernel-basis.ts';
import { fitKernelMachine, type KernelMachine } from './kernel-machine.ts';

function rowsOf({ inputs, targets }: Lessons, basis: KernelBasis): Rows {
  const functions = new Float64Array(targets.length * basis.columns);
  for (const row of targets.keys()) {
    basis.fill(inputs, row * basis.relevances.length, functions, row * basis.columns);
  }
  return { functions, columns: basis.columns, targets };
}

/** Of three inputs in single precision, as many as landmarks are kept in. */
function lessonsOf(
  rows: number,
  signal: (a: number, b: number, c: number) => number,
  noise: () => number = () => 0,
  columns = 3,
): Lessons {
  const random = randomFrom(5);
  const inputs = Float64Array.from({ length: rows * columns }, () => Math.fround(4 * random() - 2));
  const targets = Float64Array.from({ length: rows }, (_, row) => {
    const [a = 0, b = 0, c = 0] = inputs.subarray(row * columns);
    return signal(a, b, c) + noise();
  });
  return { inputs, targets };
}

function meanError({ basis, coefficients }: KernelMachine, lessons: Lessons): number {
  const { functions, columns, targets } = rowsOf(lessons, basis);
  const errors = targets.map((target, row) => Math.abs(dot(coefficients, functions, row * columns) - target));
  return errors.reduce((sum, error) => sum + error, 0) / targets.length;
}

describe('normal equations', () => {
  it('are sums over the rows, whatever their number and weights', () => {
    const number = fc.float({ min: -9, max: 9, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.array(number, { minLength: 4, maxLength: 4 }), number, number), {
          minLength: 1,
          maxLength: 14,
        }),
        fc.nat(13),
        fc.nat(13),
        (columns, drawn, a, b) => {
          const rows = {
            columns,
            functions: Float64Array.from(drawn.flatMap(([row]) => row.slice(0, columns))),
            targets: Float64Array.from(drawn, ([, target]) => target),
          };
          const weights = Float64Array.from(drawn, ([, , weight]) => weight);
          const [from, to] = [Math.min(a, b, drawn.length), Math.min(Math.max(a, b), drawn.length)];
          const { gram, moments } = normalEquations(rows, weights, from, to);
          for (let i = 0; i < columns; i += 1) {
            const over = (of: (row: readonly number[], target: number) => number) =>
              drawn.slice(from, to).reduce((sum, [row, target, weight]) => sum + weight * of(row, target), 0);
            expect(moments[i]).toBeCloseTo(
              over((row, target) => (row[i] ?? 0) * target),
              8,
            );
            for (let j = 0; j <= i; j += 1) {
              expect(gram[i * columns + j]).toBeCloseTo(
                over((row) => (row[i] ?? 0) * (row[j] ?? 0)),
                8,
              );
            }
          }
        },
      ),
    );
  });
});

describe('a kernel basis', () => {
  it('is 1 at a landmark and falls with the distance as Matérn says, weighed by relevance', () => {
    const basis = new KernelBasis(Float64Array.from([1, 0.5]), Float32Array.from([1, 2, -1, 0]));
    const functions = new Float64Array(6);
    basis.fill(Float64Array.from([9, 1, 4]), 1, functions, 1);
    const distance = Math.sqrt(3 * (2 ** 2 + 2 ** 2));
    expect([...functions]).toEqual([0, 1, expect.closeTo((1 + distance) * Math.exp(-distance), 12), 1, 2, 1]);
  });

  it('with all rows as landmarks is the kernel regression that is solved row by row', () => {
    const lessons = lessonsOf(40, (a, b, c) => Math.sin(2 * a) + b * c);
    const basis = new KernelBasis(Float64Array.from([1, 1, 1]), Float32Array.from(lessons.inputs));
    const rows = rowsOf(lessons, basis);
    const strength = 0.5;
    const equations = normalEquations(rows, new Float64Array(40).fill(1), 0, 40);
    const coefficients = solveRidge(equations, basis.penalties(), strength) ?? new Float64Array();
    // The same as a Gaussian process: the kernel, what straight lines add to it, and what a free level does.
    const functionsOf = (row: number) =>
      rows.functions.subarray(row * rows.columns, (row + 1) * rows.columns);
    const covariance = (a: number, b: number) => {
      const [inputsA, inputsB] = [functionsOf(a).subarray(40, 43), functionsOf(b).subarray(40, 43)];
      return (functionsOf(a)[b] ?? 0) + 0.3 * dot(inputsA, inputsB, 0) + 100;
    };
    const matrix = Float64Array.from({ length: 1_600 }, (_, at) => {
      const [a, b] = [Math.floor(at / 40), at % 40];
      return covariance(a, b) + (a === b ? strength : 0);
    });
    const duals = solveCholesky(matrix, lessons.targets) ?? new Float64Array();
    for (let row = 0; row < 40; row += 1) {
      const expected = duals.reduce((sum, dual, other) => sum + dual * covariance(row, other), 0);
      expect(dot(coefficients, rows.functions, row * rows.columns)).toBeCloseTo(expected, 3);
    }
  });
});

describe('a kernel machine', () => {
  const bent = (a: number, b: number, c: number) => Math.abs(a) + (b > 0 ? c : -c);

  it('learns what is no line, and as well with inputs beside it that tell nothing', () => {
    const fresh = (columns: number) => {
      const all = lessonsOf(900, bent, () => 0, columns);
      const cut = (numbers: Float64Array, from: number, to: number) => numbers.slice(from, to);
      return {
        known: { inputs: cut(all.inputs, 0, 700 * columns), targets: cut(all.targets, 0, 700) },
        unknown: {
          inputs: cut(all.inputs, 700 * columns, 900 * columns),
          targets: cut(all.targets, 700, 900),
        },
      };
    };
    const alone = fresh(3);
    expect(meanError(fitKernelMachine(alone.known, 1), alone.unknown)).toBeLessThan(0.25);
    // A straight line errs by about one.
    const among = fresh(8);
    expect(meanError(fitKernelMachine(among.known, 1), among.unknown)).toBeLessThan(0.6);
  });

  it('counts inputs by what a straight line makes of them', () => {
    const { relevances } = fitKernelMachine(
      lessonsOf(300, (a, b) => 2 * a - b, normalFrom(2)),
      1,
    ).basis;
    const [a = 0, b = 0, c = 0] = relevances;
    expect(a).toBeGreaterThan(1.5 * b);
    expect(b).toBeGreaterThan(3 * c);
    expect(a ** 2 + b ** 2 + c ** 2).toBeCloseTo(1, 12);
  });

  it('says what is usual between rare spikes: it errs by absolute errors', () => {
    const random = randomFrom(8);
    const spiky = lessonsOf(
      400,
      () => 0,
      () => (random() < 0.06 ? 6 : 0),
    );
    const machine = fitKernelMachine(spiky, 1);
    const calm = { inputs: spiky.inputs, targets: new Float64Array(400) };
    // The mean of them is 0.36.
    expect(meanError(machine, calm)).toBeLessThan(0.12);
  });

  it('smooths more where there is more noise', () => {
    const strengths = [0, 3].map((size) => {
      const normal = normalFrom(4);
      return fitKernelMachine(
        lessonsOf(300, bent, () => size * normal()),
        1,
      ).strength;
    });
    expect(strengths[0]).toBeLessThan(strengths[1] ?? 0);
  });

  it('is the same for the same seed, and another for another', () => {
    const lessons = lessonsOf(400, bent);
    const [one, again, other] = [1, 1, 2].map((seed) => fitKernelMachine(lessons, seed));
    expect(again).toEqual(one);
    expect(other?.basis.landmarks).not.toEqual(one?.basis.landmarks);
  });
});

describe('kernel ridge regression', () => {
  it('knows the shortest season, and a longer one that was there often enough', () => {
    const seasonsOf = (rows: number, seasons: readonly number[]) =>
      kernelRidge.fit(hourly(daily(rows, 1)), contextOf(seasons)).save();
    expect(seasonsOf(639, [80, 24])).toMatchObject({ shape: { seasons: [24] } });
    expect(seasonsOf(640, [80, 24])).toMatchObject({ shape: { seasons: [80, 24] } });
    expect(seasonsOf(300, [80])).toMatchObject({ shape: { seasons: [80] } });
  });

  it('is refused where its numbers are not those of its inputs', () => {
    const saved = JSON.parse(JSON.stringify(kernelRidge.fit(hourly(daily(200, 1)), contextOf([])).save()));
    expect(kernelRidge.load(saved)).toBeDefined();
    expect(kernelRidge.load({ ...saved, landmarks: saved.landmarks.slice(8) })).toBeUndefined();
    expect(kernelRidge.load({ ...saved, coefficients: saved.coefficients.slice(1) })).toBeUndefined();
    expect(kernelRidge.load({ ...saved, relevances: saved.relevances.slice(1) })).toBeUndefined();
    const broken = Buffer.from(saved.landmarks, 'base64').fill(0xff, 0, 4).toString('base64');
    expect(kernelRidge.load({ ...saved, landmarks: broken })).toBeUndefined();
  });
});
