import { setTimeout as pause } from 'node:timers/promises';
import type { HttpCaller } from '../http-caller.ts';
import { median, type Turn } from '../turns.ts';
import { publishBatches } from './batches.ts';
import { FurtherServers, type Ground } from './ground.ts';
import { publishSingles } from './singles.ts';

const MOST_SERVERS = 3;
/** How often each number of servers has its turn, after one to warm up. */
const ROUNDS = 3;
/** Longer than a server that writes alone again takes turns with others, in ms. */
const ALONE_MS = 2_500;

/** The same work for the same tenant by one server, by two and by three, in turns; prints medians. */
export async function compareServers(ground: Ground): Promise<void> {
  const further = await FurtherServers.start(MOST_SERVERS - 1, ground);
  const servers = [ground.caller, ...further.callers];
  await compare('batches of 1,000, 4 callers of each server', 'rows/s', servers, (set) =>
    publishBatches(ground, set),
  );
  await compare('64 callers, one observation each', 'calls/s', servers, (set) => publishSingles(ground, set));
  await further.stop();
}

async function compare(
  what: string,
  unit: string,
  servers: readonly HttpCaller[],
  work: (servers: readonly HttpCaller[]) => Promise<Turn>,
): Promise<void> {
  const sets = servers.map((_, last) => servers.slice(0, last + 1));
  const figures = sets.map((): number[] => []);
  for (const set of sets) await work(set);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, set] of sets.entries()) {
      if (index === 0) await pause(ALONE_MS);
      figures[index]?.push((await work(set)).figure);
    }
  }
  const [alone = Number.NaN, ...together] = figures.map(median);
  process.stdout.write(`${what}, one server: ${alone.toFixed(0)} ${unit}\n`);
  for (const [index, figure] of together.entries()) {
    process.stdout.write(
      `  ${index + 2} servers for the same tenant: ${figure.toFixed(0)} ${unit}: ratio ${(figure / alone).toFixed(2)}\n`,
    );
  }
}
