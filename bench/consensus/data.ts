import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { seededRandom } from './random.ts';

/** A series of the data folder, or a made-up one. */
export interface Series {
  readonly id: string;
  readonly group: string;
  /** Steps of its season; 1 if it has none. */
  readonly season: number;
  readonly values: Float64Array;
}

const MANIFEST = z.object({
  series: z.array(
    z.object({ id: z.string(), group: z.string(), file: z.string(), seasonality: z.number().int().min(1) }),
  ),
});

/** Reads every series that `manifest.json` in the folder lists: CSV files of `ts,value`. */
export async function readSeries(folder: string): Promise<readonly Series[]> {
  const manifest = MANIFEST.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
  return Promise.all(
    manifest.series.map(async ({ id, group, file, seasonality }) => ({
      ...{ id, group, season: seasonality },
      values: valuesOf(await readFile(join(folder, file), 'utf8')),
    })),
  );
}

function valuesOf(csv: string): Float64Array {
  const lines = csv.trim().split('\n').slice(1);
  return Float64Array.from(lines, (line) => Number(line.split(',')[1])).filter(Number.isFinite);
}

/** Stand-ins for when there is no data folder: walks, seasons with noise, and both. */
export function syntheticSeries(): readonly Series[] {
  const kinds = [
    { group: 'synthetic walk', step: 1, wave: 0, noise: 0 },
    { group: 'synthetic season', step: 0.05, wave: 10, noise: 1 },
    { group: 'synthetic mixed', step: 1, wave: 5, noise: 0.5 },
  ];
  return kinds.flatMap(({ group, step, wave, noise }) =>
    Array.from({ length: 5 }, (_, index): Series => {
      const random = seededRandom(index + 1);
      let level = 100;
      const values = Float64Array.from({ length: 700 }, (_, at) => {
        level += step * random.normal();
        return level + wave * Math.sin((2 * Math.PI * at) / 24) + noise * random.normal();
      });
      return { id: `${group} ${index + 1}`, group, season: 24, values };
    }),
  );
}
