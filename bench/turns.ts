import { meterProcessors, type ProcessIds, type ProcessorTimes } from './processor-time.ts';

/** What one turn came to, and how many rows or calls it had. */
export interface Turn {
  readonly figure: number;
  readonly items: number;
}

interface Result {
  readonly figure: number;
  readonly perItem: ProcessorTimes;
}

/** Runs both three times, one after the other, and gives the medians; `pids` are of the server and the database. */
export async function inTurns(
  pids: ProcessIds,
  ours: () => Promise<Turn>,
  theirs: () => Promise<Turn>,
): Promise<[Result, Result]> {
  const results: [Result[], Result[]] = [[], []];
  await ours();
  await theirs();
  for (let turn = 0; turn < 3; turn += 1) {
    results[0].push(await meterProcessors(pids, ours));
    results[1].push(await meterProcessors(pids, theirs));
  }
  return [medians(results[0]), medians(results[1])];
}

function medians(results: readonly Result[]): Result {
  const of = (part: keyof ProcessorTimes) => median(results.map(({ perItem }) => perItem[part]));
  const perItem = { server: of('server'), database: of('database'), callers: of('callers') };
  return { figure: median(results.map(({ figure }) => figure)), perItem };
}

/** Prints a ratio, whether it is at least what it is to be, and who took how much of the processor. */
export function report(what: string, unit: string, budget: number, [ours, plain]: [Result, Result]): void {
  const ratio = ours.figure / plain.figure;
  process.stdout.write(
    `${what}: ${ours.figure.toFixed(0)} ${unit}, plainly ${plain.figure.toFixed(0)} ${unit}: ratio ${ratio.toFixed(2)} (budget at least ${budget}): ${ratio >= budget ? 'kept' : 'NOT KEPT'}\n` +
      `  processor, µs each: ${show(ours.perItem)}; plainly ${show(plain.perItem)}\n`,
  );
}

function show({ server, database, callers }: ProcessorTimes): string {
  return `server ${server.toFixed(1)}, database ${database.toFixed(1)}, callers ${callers.toFixed(1)}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
