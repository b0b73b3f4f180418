import { writeSync } from 'node:fs';
import { openDatabase } from '../../server/storage/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

/**
 * Publishes random batches from many callers until it is told to stop or killed, and prints a line for every
 * observation that was acknowledged: `ack <stream> <ms>`.
 */
const [url = '', seed = '1'] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: () => undefined };
const database = await untilConnected(() => openDatabase(url, 6, quiet));
const domain = await untilConnected(() => openTestDomain(database));
const actor = await untilConnected(() => makeActor(database, 'ada'));
const CALLERS = 8;
let stopping = false;
let serial = 0;
process.stdin.on('data', () => {
  stopping = true;
});

let state = Number(seed);
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state % below;
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

async function publishUntilStopped(): Promise<void> {
  while (!stopping) {
    // Large ones are sent behind one another without waiting for the answer.
    const items = Array.from({ length: 1 + random(random(4) === 0 ? 600 : 20) }, () => {
      serial += 1;
      const ms = 1_700_000_000_000 + serial * 10 + Number(seed) - random(3) * 5_000;
      return {
        streamName: `shared ${random(5)}`,
        value: random(1_000),
        observedAt: new Date(ms).toISOString(),
      };
    });
    try {
      const { observations } = await domain.observations.publish(actor, items);
      const acknowledged = observations.flatMap((ref) =>
        ref ? [`ack ${ref.streamServerId} ${ref.observedAt}\n`] : [],
      );
      writeSync(1, acknowledged.join(''));
    } catch {
      // The connection was cut: nothing was acknowledged, and the next call gets another one.
    }
  }
}

await Promise.all(Array.from({ length: CALLERS }, publishUntilStopped));
await database.close();
process.exit(0);
