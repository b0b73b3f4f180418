import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../server/storage/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

/**
 * Publishes and predicts on a stream of its own, scores and forecasts all, until it is told to stop or killed, and
 * prints a line for every prediction that was accepted: `ack <id>`.
 */
const [url = '', seed = '1', own = '0'] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: () => undefined };
const database = await openDatabase(url, 8, quiet);
const domain = await untilConnected(() => openTestDomain(database));
const author = await untilConnected(() => makeActor(database, 'ada'));
const peers = await untilConnected(() =>
  Promise.all(['bob', 'cyd', 'dan', 'eve', seed].map((name) => makeActor(database, name))),
);
let stopping = false;
process.stdin.on('data', () => {
  stopping = true;
});

let state = Number(seed);
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state >>> 8) % below;
}

/** Its connections are cut while it starts, too. */
async function untilConnected<T>(task: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await task();
    } catch {
      // Another connection, then.
    }
  }
}

/** Waits for the consensus that follows a base, if it comes soon: it does not while those who make it are killed. */
async function forecast(streamId: number, base: number): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const found = (await domain.consensus.of('default', [streamId])).get(streamId);
    if (found?.base.position === base) return;
    await delay(4);
  }
}

async function playUntilStopped(): Promise<void> {
  const stream = await untilConnected(() => domain.streams.find('default', { name: `scored ${own}` }));
  if (!stream) throw new Error('the test makes the streams');
  const ref = { streamServerId: stream.serverId, observedAt: 0 };
  while (!stopping) {
    try {
      const item = { streamUuid: stream.uuid, value: random(100) };
      const { observations } = await domain.observations.publish(author, [item]);
      if (random(10) === 0 && observations[0]) {
        Object.assign(ref, observations[0]);
        if (random(2) === 0) await domain.observations.retract(author, ref);
        else await domain.observations.correct(author, ref, random(100));
      }
      const base = (await domain.observations.latestOf('default', [stream.serverId])).get(stream.serverId);
      if (!base) continue;
      await Promise.all(
        peers.map(async (peer) => {
          const predictions = [1, 2, 3].map((horizon) => ({
            ...{ streamUuid: stream.uuid, baseHash: base.hash, horizon, value: random(100) },
          }));
          const report = await domain.predictions.submit(peer, predictions);
          writeSync(1, report.predictions.flatMap((id) => (id === null ? [] : [`ack ${id}\n`])).join(''));
        }),
      );
      await forecast(stream.serverId, base.position);
    } catch {
      // The connection was cut: nothing was acknowledged, and the next call gets another one.
    }
  }
}

for (const task of domain.background) task.start();
await playUntilStopped();
await Promise.all(domain.background.map((task) => task.stop()));
await database.close();
process.exit(0);
