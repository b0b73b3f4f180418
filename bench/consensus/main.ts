import { Command } from 'commander';
import { environment } from '../../cli/config/environment.ts';
import { CANDIDATES } from './candidates.ts';
import { readSeries, type Series, syntheticSeries } from './data.ts';
import { judge } from './judge.ts';
import { ATTACKS, honestTracks, play } from './network.ts';
import { linesOf, markdown, type Result } from './report.ts';

/** Fewer observations than this are too few to fit anything on before the points that are judged. */
const LEAST_LENGTH = 300;
/** Series of a group that are played without `--all`. */
const SAMPLE = 6;

interface Options {
  readonly data?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly compare?: boolean;
}

const command = new Command('bench:consensus')
  .description('measure the consensus of a simulated network against its neurons')
  .option('--data <folder>', 'folder with manifest.json and the series it lists (default: PRESAGE_DATA)')
  .option('--all', `every series; otherwise ${SAMPLE} of each group`)
  .option('--compare', 'other ways of combining, too')
  .option('--json', 'print one JSON object')
  .action(run);
await command.parseAsync();

async function run({ data = environment().PRESAGE_DATA, all, json, compare }: Options): Promise<void> {
  if (!data)
    process.stderr.write(
      'No data folder (--data or PRESAGE_DATA): SYNTHETIC series stand in for real ones.\n',
    );
  const found = (data ? await readSeries(data) : syntheticSeries()).filter(
    ({ values }) => values.length >= LEAST_LENGTH,
  );
  const chosen = all ? found : sampled(found);
  const names = [...CANDIDATES.keys()].slice(0, compare ? CANDIDATES.size : 1);
  const results = chosen.flatMap((series) => played(series, names));
  const tables = names.map((name) => ({
    name,
    lines: linesOf(results.filter(({ candidate }) => candidate === name)),
  }));
  const source = data ? 'real' : 'synthetic';
  if (json) process.stdout.write(`${JSON.stringify({ source, tables, results })}\n`);
  else
    for (const { name, lines } of tables)
      process.stdout.write(`${name} (${source} series)\n${markdown(lines)}\n`);
}

function played(series: Series, names: readonly string[]): readonly Result[] {
  const honest = honestTracks(series);
  return [null, ...ATTACKS].flatMap((attack) => {
    const one = play(series, honest, attack);
    return names.flatMap((name) => {
      const candidate = CANDIDATES.get(name);
      if (!candidate) return [];
      return [
        { candidate: name, group: series.group, series: series.id, attack, verdict: judge(one, candidate) },
      ];
    });
  });
}

/** The same few of each group every time, spread over it. */
function sampled(series: readonly Series[]): readonly Series[] {
  return [...new Set(series.map(({ group }) => group))].flatMap((group) => {
    const members = series.filter((one) => one.group === group);
    const step = Math.max(1, Math.floor(members.length / SAMPLE));
    return members.filter((_, index) => index % step === 0).slice(0, SAMPLE);
  });
}
