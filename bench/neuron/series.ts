import type { Series } from '../../neuron/adapters/adapter.ts';

/** A repeatable source of chance between 0 and 1: mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Hourly, with a day's season, a wandering level and noise, in a mixture of its own: something for every method. */
export function madeUp(stream: number, rows: number): Series {
  const random = chance(stream + 1);
  const season = 10 * random();
  const wander = random();
  const noise = 2 * random();
  let level = 100;
  const times: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    level += wander * (random() - 0.5);
    times.push(Date.UTC(2026, 0, 1) + row * 3_600_000);
    values.push(level + season * Math.sin((2 * Math.PI * row) / 24) + noise * (random() - 0.5));
  }
  return { times, values };
}
