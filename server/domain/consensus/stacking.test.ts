import { describe, expect, it } from 'vitest';
import { calibrated } from './calibration.ts';
import { combine, type PeerForecast } from './combine.ts';
import type { PastForecast } from './gate.ts';
import { COMBINATION } from './settings.ts';

/** Numbers between -1 and 1 that look random and are the same every time. */
function noise(seed: number): number {
  const wave = Math.sin(seed * 127.1 + 311.7) * 43_758.5453;
  return 2 * (wave - Math.floor(wave)) - 1;
}

const TARGETS = 200;
const actualAt = (at: number) => 100 + 10 * Math.sin(at / 5);

/** What the consensus' past looks like where it said what the peers' mean is. */
function pastOf(peers: readonly ((at: number) => number)[]): PastForecast[] {
  return Array.from({ length: TARGETS }, (_, at) => {
    const mean = peers.reduce((sum, peer) => sum + peer(at), 0) / peers.length;
    return { naive: actualAt(at - 1), pooled: mean, value: mean, actual: actualAt(at) };
  });
}

function forecasts(peers: readonly ((at: number) => number)[], wild?: number): PeerForecast[] {
  return peers.map((peer, index) => {
    const history = Array.from({ length: TARGETS }, (_, at) => peer(at));
    const errorSum = history.reduce((sum, value, at) => sum + Math.abs(value - actualAt(at)), 0);
    return {
      value: index === 0 && wild !== undefined ? wild : peer(TARGETS),
      quantiles: [],
      record: { scored: 48, errorSum: (errorSum * 48) / TARGETS, naiveSum: 60 },
      history,
    };
  });
}

describe('the correction by what peers said before', () => {
  // Two err together by what a third one knows: their mean can't be right, a combination can.
  const common = (at: number) => 2 * noise(at);
  const peers = [
    (at: number) => actualAt(at) + common(at) + 0.1 * noise(at + 1_000),
    (at: number) => actualAt(at) + common(at) + 0.1 * noise(at + 2_000),
    (at: number) => actualAt(at) + 2 * common(at) + 0.1 * noise(at + 3_000),
  ];

  it('cancels errors that the peers have in common', () => {
    const past = pastOf(peers);
    const uncorrected = combine(100, forecasts(peers), past, { ...COMBINATION, leaders: 0 });
    const corrected = combine(100, forecasts(peers), past);
    const errorOf = ({ pooled }: { pooled: number }) => Math.abs(pooled - actualAt(TARGETS));
    expect(errorOf(corrected)).toBeLessThan(0.7 * errorOf(uncorrected));
  });

  it('does nothing before there is enough to learn from', () => {
    const [few, none] = [pastOf(peers).slice(0, 5), { ...COMBINATION, leaders: 0 }];
    const given = forecasts(peers).map((peer) => ({ ...peer, history: [1, 2, 3, 4, 5] }));
    expect(combine(100, given, few).pooled).toBe(combine(100, given, few, none).pooled);
  });

  it('is moved by a wild value, now or before, no farther than the robust mean is', () => {
    const past = pastOf(peers);
    const tame = combine(100, forecasts(peers), past).pooled;
    for (const wild of [1e3, -1e9, 1e30]) {
      expect(Math.abs(combine(100, forecasts(peers, wild), past).pooled - tame)).toBeLessThan(10);
      const before = forecasts(peers).map((peer, index) => ({
        ...peer,
        history: Array.from(peer.history ?? [], (value, at) => (index === 0 && at === 50 ? wild : value)),
      }));
      expect(Math.abs(combine(100, before, past).pooled - tame)).toBeLessThan(1);
    }
  });

  it('is the same in whatever unit values are, down to the smallest', () => {
    const past = pastOf(peers);
    const whole = combine(100, forecasts(peers), past);
    // A power of two scales every double exactly.
    for (const unit of [2 ** -100, 2 ** -40, 2 ** 60]) {
      const given = forecasts(peers).map(({ value, record, history, ...peer }) => ({
        ...peer,
        value: value * unit,
        record: { ...record, errorSum: record.errorSum * unit, naiveSum: record.naiveSum * unit },
        history: Array.from(history ?? [], (said) => said * unit),
      }));
      const before = past.map(({ naive, pooled, value, actual }) => ({
        naive: naive * unit,
        pooled: pooled * unit,
        value: value * unit,
        actual: actual * unit,
      }));
      expect(combine(100 * unit, given, before).pooled).toBe(whole.pooled * unit);
    }
  });

  it('takes peers that were silent now and then', () => {
    const given = forecasts(peers).map((peer, index) => ({
      ...peer,
      history: Array.from(peer.history ?? [], (value, at) => ((at + index) % 3 === 0 ? Number.NaN : value)),
    }));
    expect(Number.isFinite(combine(100, given, pastOf(peers)).pooled)).toBe(true);
  });
});

describe('the brake', () => {
  it('holds where the peers together turn bad at once', () => {
    const past = pastOf([(at) => actualAt(at) + 0.01 * noise(at)]);
    const peers = forecasts([actualAt]);
    expect(combine(100, peers, past).shrinkage).toBe(1);
    const struck = [...past.slice(0, -1), { naive: 100, actual: 101, value: 160, pooled: 160 }];
    expect(combine(100, peers, struck).shrinkage).toBe(0);
  });
});

describe('calibrated', () => {
  it('covers as much as it says, whatever the peers say', () => {
    const past = Array.from({ length: 96 }, (_, at): PastForecast => {
      return { naive: 0, pooled: 0, value: 0, actual: 5 * noise(at) };
    });
    for (const half of [0.1, 50]) {
      const said = [0.1, 0.9].map((level) => ({ level, value: 10 + Math.sign(level - 0.5) * half }));
      const [low, high] = calibrated(10, said, past, { ...COMBINATION, calibrationTargets: 0 });
      const inside = past.filter(
        ({ actual }) => 10 + actual >= (low?.value ?? 0) && 10 + actual <= (high?.value ?? 0),
      );
      expect(inside.length / past.length).toBeCloseTo(0.8, 1);
    }
    expect(calibrated(10, [{ level: 0.5, value: 11 }], [], COMBINATION)).toEqual([{ level: 0.5, value: 11 }]);
  });
});
