import { Command, InvalidArgumentError } from 'commander';
import { environment } from '../../cli/config/environment.ts';
import { CANDIDATES } from './candidates.ts';
import { readSeries, type Series, syntheticSeries } from './data.ts';
import { judge } from './judge.ts';
import { ATTACKS, honestNetwork, play, type Span, spanOf } from './network.ts';
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
  readonly learned: string;
  readonly judged: string;
}

const command = new Command('bench:consensus')
  .description('measure the consensus of a simulated network against its neurons')
  .option('--data <folder>', 'folder with manifest.json and the series it lists (default: PRESAGE_DATA)')
  .option('--all', `every series; otherwise ${SAMPLE} of each group`)
  .option('--compare', 'other ways of combining, too')
  .option('--learned <points>', 'points to learn on before those judged', '192')
  .option('--judged <points>', 'points to be judged on; fewer where a series is short', '336')
  .option('--json', 'print one JSON object')
  .action(run);
await command.parseAsync();

async function run(options: Options): Promise<void> {
  const { data = environment().PRESAGE_DATA, all, json, compare } = options;
  const span = { learned: pointsOf(options.learned), judged: pointsOf(options.judged) };
  if (!data)
    process.stderr.write(
      'No data folder (--data or PRESAGE_DATA): SYNTHETIC series stand in for real ones.\n',
    );
  const found = ranked(
    (data ? await readSeries(data) : syntheticSeries()).filter(({ values }) => values.length >= LEAST_LENGTH),
  );
  const chosen = all ? found : sampled(found);
  const names = [...CANDIDATES.keys()].slice(0, compare ? CANDIDATES.size : 1);
  const results = chosen.flatMap((series) => played(series, span, names));
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

function played(series: Ranked, asked: Span, names: readonly string[]): readonly Result[] {
  const honest = honestNetwork(series, spanOf(series, asked));
  return [null, ...ATTACKS].flatMap((attack) => {
    const one = play(honest, attack);
    return names.flatMap((name) => {
      const candidate = CANDIDATES.get(name);
      if (!candidate) return [];
      return [
        {
          ...{ candidate: name, group: series.group, series: series.id, heldOut: series.heldOut },
          ...{ attack, verdict: judge(one, candidate) },
        },
      ];
    });
  });
}

/** A series, and whether it is one of those that no constant was chosen on: every second one of its group. */
interface Ranked extends Series {
  readonly heldOut: boolean;
}

function ranked(series: readonly Series[]): readonly Ranked[] {
  const ranks = new Map<string, number>();
  return series.map((one) => {
    const rank = ranks.get(one.group) ?? 0;
    ranks.set(one.group, rank + 1);
    return { ...one, heldOut: rank % 2 === 1 };
  });
}

function pointsOf(text: string): number {
  const points = Number(text);
  if (!Number.isInteger(points) || points < 48)
    throw new InvalidArgumentError(`${text} is no whole number of at least 48 points`);
  return points;
}

/** The same few of each group every time: pairs spread over it, of which one each is held out. */
function sampled(series: readonly Ranked[]): readonly Ranked[] {
  return [...new Set(series.map(({ group }) => group))].flatMap((group) => {
    const members = series.filter((one) => one.group === group);
    const pairs = Math.ceil(members.length / 2);
    const chosen = Array.from({ length: SAMPLE / 2 }, (_, index) => Math.floor((index * 2 * pairs) / SAMPLE));
    return members.filter((_, index) => chosen.includes(Math.floor(index / 2)));
  });
}
