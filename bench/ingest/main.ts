import { inTurns, report } from '../turns.ts';
import { insertBatches, publishBatches } from './batches.ts';
import { type Ground, openGround } from './ground.ts';
import { insertSingles, publishSingles } from './singles.ts';
import { compareServers } from './writers.ts';

/**
 * `npm run bench:ingest`: writing, as ratios against the plainest way to do the same with the same database in the same
 * minute. Server, database and clients share the machine, for both sides; the processor time that each of them takes is
 * printed below, and is the steadier figure. The callers of the plain side, which is without a server, do what it has to do in
 * process. How long an event takes to its subscribers is `npm run bench:gateway -- --only latency`.
 */
const PARTS: Readonly<Record<string, (ground: Ground) => Promise<void>>> = {
  batches: async (ground) => {
    const ours = () => publishBatches(ground, [ground.caller]);
    const turns = await inTurns(ground.pids, ours, () => insertBatches(ground));
    report('batches of 1,000, callers in parallel', 'rows/s', 0.7, turns);
  },
  singles: async (ground) => {
    const ours = () => publishSingles(ground, [ground.caller]);
    const turns = await inTurns(ground.pids, ours, () => insertSingles(ground));
    report('64 callers, one observation each', 'calls/s', 5, turns);
  },
  writers: compareServers,
};

const only = process.argv.slice(2);
const unknown = only.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}.\n`,
  );
  process.exitCode = 1;
} else {
  for (const [name, run] of Object.entries(PARTS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const ground = await openGround();
    await run(ground);
    await ground.close();
  }
}
