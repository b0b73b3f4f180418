import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walk } from '../selection/walk.ts';
import { contextOf, hourly, normalFrom } from '../testing/test-series.ts';
import { ar } from './ar.ts';
import { meanAbsolute } from './error-record.ts';
import { Profile, profileReach } from './profile.ts';
import { Slots } from './slots.ts';

const CONTEXT = contextOf([24]);

function profileOf(values: readonly number[], times: readonly number[], period: number): Profile {
  const slots = new Slots(times, CONTEXT.pattern, 1);
  const changeOf = (row: number) => (values[row] ?? 0) - (values[row - 1] ?? 0);
  return new Profile(period, values.length + 1, slots, changeOf);
}

describe('a profile', () => {
  it('is the mean of what the cycles before did at the phase, newer ones weighing more', () => {
    const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
      minLength: 2,
      maxLength: 400,
    });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 30 }), (given, period) => {
        const profile = profileOf(given, hourly(given).times, period);
        for (let row = 1; row <= given.length; row += 1) {
          let [sum, total] = [0, 0];
          for (let cycle = 1; cycle <= 28 && row - cycle * period >= 1; cycle += 1) {
            const before = row - cycle * period;
            sum += 0.95 ** cycle * ((given[before] ?? 0) - (given[before - 1] ?? 0));
            total += 0.95 ** cycle;
          }
          expect(profile.at(row)).toBeCloseTo(total > 0 ? sum / total : 0, 6);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('looks at no row but those of the cycles before', () => {
    const values = Array.from({ length: 200 }, (_, row) => Math.sin(row));
    const scrambled = values.map((value, row) => (row > 160 - 24 ? 1e6 : value));
    const { times } = hourly(values);
    expect(profileOf(scrambled, times, 24).at(160)).toBe(profileOf(values, times, 24).at(160));
  });

  it('is the same from the rows that it reaches back to as from all', () => {
    const values = Array.from({ length: 900 }, (_, row) => Math.sin(row * row));
    const kept = profileReach(24) + 1;
    const whole = profileOf(values, hourly(values).times, 24).at(900);
    expect(profileOf(values.slice(-kept), hourly(values).times.slice(-kept), 24).at(kept)).toBe(whole);
  });

  it('stays in phase where rows are missing', () => {
    const { times, values } = hourly(Array.from({ length: 241 }, (_, row) => (row % 24 === 0 ? 7 : 0)));
    const there = times.flatMap((_, row) => (row === 100 || row === 130 ? [] : [row]));
    const [gone, left] = [there.map((row) => times[row] ?? 0), there.map((row) => values[row] ?? 0)];
    expect(profileOf(left, gone, 24).at(left.length - 1)).toBeCloseTo(7, 9);
  });

  it('shows an autoregression a season that a few noisy cycles hide', () => {
    const normal = normalFrom(7);
    const usual = Array.from({ length: 24 }, normal);
    let level = 0;
    const values = Array.from({ length: 1_500 }, (_, row) => {
      level += (usual[row % 24] ?? 0) + 1.5 * normal();
      return level;
    });
    const { errors } = walk(ar, hourly(values), 1_300, CONTEXT);
    // 1.26; from the four newest cycles alone it is 1.33, where naive errs 1.38.
    expect(meanAbsolute(errors)).toBeLessThan(1.29);
  });
});
