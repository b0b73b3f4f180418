import {
  type AskedInstance,
  type BufferedObservation,
  NoPlaceToAsk,
  type StoredObservation,
} from './buffers.ts';

/** What became of asking an instance, before it is settled who is told why. */
export interface Asked extends AskedInstance {
  /** Whether why names hosts, directories or whatever an error of a library does. */
  readonly namesPlaces: boolean;
}

/** One instance's observations, page by page in the order of time. */
export interface MergeInput {
  readonly name: string;
  readonly pages: AsyncIterable<readonly StoredObservation[]>;
}

/** Observations that are given at once. */
const PAGE = 1_000;

/**
 * Merges what instances keep by time: a page of each is held at a time, whatever there is in all. Of those of one time the
 * one that is published wins, and of several the first instance's. An instance that can't be read, or no further, is noted
 * in `asked`, and the others' go on.
 */
export async function* merge(
  inputs: readonly MergeInput[],
  asked: Asked[],
): AsyncGenerator<readonly BufferedObservation[]> {
  const runs = await Promise.all(inputs.map((input) => openRun(input, asked)));
  try {
    const open = runs.filter((run) => run.page.length > 0);
    let rows: BufferedObservation[] = [];
    for (;;) {
      const best = firstOf(open);
      if (!best) break;
      const found = best.page[best.at];
      if (!found) break;
      const { observedAt, value, provider, published } = found;
      rows.push({ observedAt, value, provider, published, instance: best.name });
      for (let index = open.length - 1; index >= 0; index--) {
        const run = open[index];
        if (!run || run.page[run.at]?.observedAt !== observedAt) continue;
        run.at += 1;
        if (run.at === run.page.length && !(await turn(run, asked))) open.splice(index, 1);
      }
      if (rows.length === PAGE) {
        yield rows;
        rows = [];
      }
    }
    if (rows.length > 0) yield rows;
  } finally {
    await Promise.all(runs.map((run) => run.pages.return?.()));
  }
}

interface Run {
  readonly name: string;
  readonly pages: AsyncIterator<readonly StoredObservation[]>;
  page: readonly StoredObservation[];
  at: number;
}

async function openRun({ name, pages }: MergeInput, asked: Asked[]): Promise<Run> {
  const run: Run = { name, pages: pages[Symbol.asyncIterator](), page: [], at: 0 };
  await turn(run, asked);
  return run;
}

/** The next page of an instance; false if there is none, which is noted. */
async function turn(run: Run, asked: Asked[]): Promise<boolean> {
  run.page = [];
  run.at = 0;
  try {
    while (run.page.length === 0) {
      const { value, done } = await run.pages.next();
      if (done === true) {
        asked.push({ name: run.name, unreachable: null, namesPlaces: false });
        return false;
      }
      run.page = value;
    }
    return true;
  } catch (error) {
    const unreachable = error instanceof Error ? error.message : String(error);
    asked.push({ name: run.name, unreachable, namesPlaces: !(error instanceof NoPlaceToAsk) });
    return false;
  }
}

/** The run whose next observation is the one to give. Instances are tens, so that looking at each is quick. */
function firstOf(runs: readonly Run[]): Run | undefined {
  let best: Run | undefined;
  let first: StoredObservation | undefined;
  for (const run of runs) {
    const row = run.page[run.at];
    if (!row) continue;
    const isEarlier = !first || row.observedAt < first.observedAt;
    const isBetter = first?.observedAt === row.observedAt && row.published && !first.published;
    if (isEarlier || isBetter) {
      best = run;
      first = row;
    }
  }
  return best;
}
