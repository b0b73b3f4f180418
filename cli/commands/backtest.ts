import { availableParallelism } from 'node:os';
import { Presets, SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { ADAPTER_NAMES, type AdapterName } from '../../neuron/adapters/adapter.ts';
import { PresageError } from '../../schema/errors.ts';
import { type CsvFile, csvFiles } from '../backtest/csv-files.ts';
import type { Outcome } from '../backtest/messages.ts';
import { jsonOf, type ScoredFile, tablesOf } from '../backtest/report.ts';
import { EXIT } from '../exit-codes.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly last: string;
  readonly warmup: string;
  readonly refit: string;
  readonly horizon: string;
  readonly history: string;
  readonly adapters: string;
  readonly jobs: string;
  readonly json?: boolean;
}

export function backtestCommand(): Command {
  return new Command('backtest')
    .description('measure how well the neuron would have forecast series from files')
    .argument('<directory>', 'every *.csv below it is a series: rows of ts,value; or one such file')
    .option('--last <rows>', 'newest rows that are forecast and scored', '48')
    .option('--warmup <rows>', 'rows before them that are walked for the weights, unscored', '48')
    .option('--refit <rows>', 'rows between two trainings', '24')
    .option('--horizon <steps>', 'steps ahead that are forecast', '1')
    .option('--history <rows>', 'newest rows that are known at any time', '8000')
    .option('--adapters <names>', 'methods that may be used, separated by commas', ADAPTER_NAMES.join(','))
    .option('--jobs <threads>', 'worker threads', String(availableParallelism()))
    .option('--json', 'print one JSON object per series')
    .addHelpText(
      'after',
      `
It runs the code that the neuron runs, and hands it one row after the other: it can't look ahead. ts is ISO 8601 with
a zone, a date, a Unix time, or a step index. A file that is no series is reported with its line; the others go on.

Examples:
  $ presage backtest data
  $ presage backtest data --last 100 --horizon 3 --adapters naive,ets,ar,ensemble
  $ presage backtest data --json > scores.jsonl

Exit codes: 0 if every series was scored, 1 if some could not be, 130 if interrupted.`,
    )
    .action(run);
}

async function run(directory: string, options: Options): Promise<void> {
  const plan = {
    last: atLeastOne('--last', options.last),
    warmup: wholeNumber('--warmup', options.warmup),
    refit: atLeastOne('--refit', options.refit),
    horizon: atLeastOne('--horizon', options.horizon),
    historyRows: atLeastOne('--history', options.history),
    adapters: adaptersIn(options.adapters),
  };
  const files = await csvFiles(directory);
  if (files.length === 0) throw new PresageError('BAD_INPUT', `There is no *.csv below ${directory}.`);
  const jobs = Math.min(atLeastOne('--jobs', options.jobs), files.length);
  const stop = stopRequests();
  const bar = barFor(files.length);
  try {
    // Loaded here, so that the other commands don't wait for it.
    const { runFiles } = await import('../backtest/run-files.ts');
    const paths = files.map(({ path }) => path);
    const outcomes = await runFiles(paths, plan, jobs, {
      signal: stop.signal,
      onDone: () => bar?.increment(),
    });
    bar?.stop();
    print(files, outcomes, options.json === true);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    bar?.stop();
    process.stderr.write('presage: Interrupted.\n');
    process.exitCode = EXIT.interrupted;
  } finally {
    bar?.stop();
    stop.dispose();
  }
}

function print(files: readonly CsvFile[], outcomes: readonly Outcome[], json: boolean): void {
  const scored: ScoredFile[] = [];
  for (const [index, file] of files.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'scored') scored.push({ file, outcome });
    else {
      process.stderr.write(`presage: ${outcome?.message ?? file.path}\n`);
      process.exitCode = EXIT.failure;
    }
  }
  if (json) for (const series of scored) process.stdout.write(`${JSON.stringify(jsonOf(series))}\n`);
  else if (scored.length > 0) process.stdout.write(tablesOf(scored));
}

function barFor(total: number): SingleBar | undefined {
  if (!process.stderr.isTTY) return undefined;
  const format = '{bar} {value} of {total} series, {eta_formatted} left';
  const bar = new SingleBar(
    { stream: process.stderr, format, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}

function atLeastOne(flag: string, text: string): number {
  const number = wholeNumber(flag, text);
  if (number > 0) return number;
  throw new PresageError('BAD_INPUT', `${flag} ${text}: it takes at least 1.`);
}

function adaptersIn(text: string): AdapterName[] {
  return text.split(',').map((given) => {
    const name = ADAPTER_NAMES.find((known) => known === given.trim());
    if (name) return name;
    const known = ADAPTER_NAMES.join(', ');
    throw new PresageError('BAD_INPUT', `--adapters: there is no ${given.trim()}; there are ${known}.`);
  });
}
