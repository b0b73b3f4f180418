import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../server/storage/database.ts';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import type { BenchModule, Figure } from './bench-module.ts';
import { buffer } from './buffer.ts';
import { collect } from './collect.ts';
import { questions } from './questions.ts';

/**
 * `npm run bench:lineage`: what questions about the record and the storage of collectors cost. `-- questions …` runs only
 * those parts (questions, buffer, collect), `--json` prints the figures as JSON at the end instead of a table, `--full`
 * merges 10⁶ rows an instance. `PRESAGE_BENCH_SESSIONS` is how many sessions there are at most.
 */
const MODULES: readonly BenchModule[] = [questions, buffer, collect];
const QUIET = { info: () => undefined, warn: () => undefined };

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const json = process.argv.includes('--json');
const say = (line: string) => process.stderr.write(`${line}\n`);
const figures: Figure[] = [];
for (const module of MODULES) {
  if (asked.length > 0 && !asked.includes(module.name)) continue;
  say(`# ${module.name}`);
  figures.push(...(await measured(module)));
}
if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
else for (const figure of figures) process.stdout.write(`${row(figure)}\n`);

async function measured(module: BenchModule): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  const postgres = await startEmbeddedPostgres(directory);
  try {
    const database = await openDatabase(postgres.url, 10, QUIET);
    try {
      return await module.run(database, say);
    } finally {
      await database.close();
    }
  } finally {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function row({ part, what, value, unit }: Figure): string {
  return `${part.padEnd(36)} ${what.padEnd(16)} ${value.toFixed(2).padStart(10)} ${unit}`;
}
