import { freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Outcome, Plan, Task } from './messages.ts';

// Beside this file, compiled or not.
const WORKER = fileURLToPath(
  new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/**
 * Backtests files on `jobs` worker threads; gives what came of each, in the order of the files. An aborted signal ends
 * those that are running and rejects.
 */
export async function runFiles(
  files: readonly string[],
  plan: Omit<Plan, 'memoryBytes'>,
  jobs: number,
  { signal, onDone }: { readonly signal: AbortSignal; readonly onDone: () => void },
): Promise<Outcome[]> {
  const pool = new Piscina<Task, Outcome>({ filename: WORKER, minThreads: 1, maxThreads: jobs, env: {} });
  const memoryBytes = freemem() / jobs;
  const outcomes: Outcome[] = [];
  const waiting = files.entries();
  const work = async () => {
    for (const [index, file] of waiting) {
      outcomes[index] = await pool.run({ file, plan: { ...plan, memoryBytes } }, { signal });
      onDone();
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
    return outcomes;
  } finally {
    await pool.destroy();
  }
}
