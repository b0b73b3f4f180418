import { benchBuffer } from './buffer.ts';
import { benchCollect } from './collect.ts';
import { type BenchRow, shown } from './report.ts';

/**
 * `npm run bench:lineage`: the storage of collectors, as ratios against the plainest way to do the same in the same minute.
 * `--full` merges 10⁶ rows an instance instead of 10⁵; `--json` prints the figures as JSON.
 */
const full = process.argv.includes('--full');
const json = process.argv.includes('--json');
const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const BENCHES: Readonly<Record<string, (full: boolean) => Promise<readonly BenchRow[]>>> = {
  buffer: benchBuffer,
  collect: benchCollect,
};

const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const found = await bench(full);
  rows.push(...found);
  if (!json) for (const row of found) process.stdout.write(shown(row));
}
if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
