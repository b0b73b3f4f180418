import type { Series } from '../../neuron/adapters/adapter.ts';
import { randomFrom } from '../../schema/seeded-random.ts';

/** Hourly, with a day's season, a wandering level and noise, in a mixture of its own: something for every method. */
export function madeUp(stream: number, rows: number): Series {
  const random = randomFrom(stream + 1);
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
