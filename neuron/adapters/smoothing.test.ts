import fc from 'fast-check';
import { expect, it } from 'vitest';
import { absorb, absorbAll, type Smoothing, type State } from './smoothing.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const number = fc.double({ min: -100, max: 100, noNaN: true });
const season = fc
  .integer({ min: 2, max: 7 })
  .chain((period) => fc.array(number, { minLength: period, maxLength: period }));

const smoothing = fc.record({
  ...{ alpha: share, beta: share, damping: share, carry: share },
  gammas: fc.constant([0.3, 0.7]),
});

/** A state of its own for each who changes it. */
function stateOf(seasons: readonly (readonly number[])[]): State {
  return { level: 5, trend: 0.5, residual: -1, seasons: seasons.map((one) => Float64Array.from(one)) };
}

it('takes all rows into the state as it takes them one by one', () => {
  fc.assert(
    fc.property(
      ...[smoothing, fc.array(season, { maxLength: 2 }), fc.array(number, { minLength: 1, maxLength: 40 })],
      (each: Smoothing, seasons: number[][], values: number[]) => {
        const parameters = { ...each, gammas: each.gammas.slice(0, seasons.length) };
        const first = 3;
        const oneByOne = stateOf(seasons);
        const expected = values.map((value, row) => absorb(oneByOne, parameters, first + row, value));
        const together = stateOf(seasons);
        const errors = new Float64Array(values.length);
        const phases = seasons.map(({ length }) =>
          Int32Array.from(values, (_, row) => (first + row) % length),
        );
        absorbAll(together, parameters, phases, Float64Array.from(values), errors);
        expect([...errors]).toEqual(expected);
        expect(together).toEqual(oneByOne);
      },
    ),
  );
});
