import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second, whatever the machine. */
const TICK_MS = 10;

/** Processor time of a process and its children, those that have ended too, in ms; NaN where there is no `/proc`. */
function processorTimeMs(pid: number): number {
  const own = statOf(pid);
  if (!own) return Number.NaN;
  let ticks = own.ticks + own.ofEndedChildren;
  for (const name of readdirSync('/proc')) {
    const child = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (child?.parent === pid) ticks += child.ticks;
  }
  return ticks * TICK_MS;
}

function statOf(pid: number): { parent: number; ticks: number; ofEndedChildren: number } | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  // What is before the last bracket is the program's name, which may have spaces; see proc(5) for what comes after.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map((at) =>
    Number(fields[at]),
  );
  return { parent, ticks: user + system, ofEndedChildren: endedUser + endedSystem };
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended meanwhile, or this is no Linux.
    return undefined;
  }
}

export interface ProcessIds {
  readonly server: number;
  /** The process that all others of the database are children of. */
  readonly database: number;
}

/** What processor time is told apart: of the server, of the database with all its processes, and of this process. */
export interface ProcessorTimes {
  readonly server: number;
  readonly database: number;
  readonly callers: number;
}

/** Runs `task`, which gives how much it did, and gives the processor time of each per piece, in µs. */
export async function meterProcessors<T extends { readonly items: number }>(
  pids: ProcessIds,
  task: () => Promise<T>,
): Promise<T & { readonly perItem: ProcessorTimes }> {
  const now = () => ({ server: processorTimeMs(pids.server), database: processorTimeMs(pids.database) });
  const before = now();
  const own = process.cpuUsage();
  const done = await task();
  const { user, system } = process.cpuUsage(own);
  const after = now();
  const perItem = {
    server: ((after.server - before.server) * 1_000) / done.items,
    database: ((after.database - before.database) * 1_000) / done.items,
    callers: (user + system) / done.items,
  };
  return { ...done, perItem };
}
