import { createInterface } from 'node:readline';
import { openDatabase } from '../../server/storage/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

/**
 * Another process that writes. It reads lines of JSON, each the calls that it makes at once, and prints how many
 * observations of each were appended. Its clock stands still, so that it never takes the others for gone.
 */
const [url = ''] = process.argv.slice(2);
const quiet = { info: () => undefined, warn: () => undefined };
const database = await openDatabase(url, 10, quiet);
const actor = await makeActor(database, 'ada');
const now = Date.now();
Date.now = () => now;
const domain = await openTestDomain(database, {}, new Map([[actor.peer.publicKey, actor]]));
process.stdout.write('ready\n');

for await (const line of createInterface({ input: process.stdin })) {
  const calls: { streamUuid: string; value: number; observedAt: string }[][] = JSON.parse(line);
  const reports = await Promise.all(calls.map((items) => domain.observations.publish(actor, items)));
  process.stdout.write(`${JSON.stringify(reports.map(({ successful }) => successful))}\n`);
}
await database.close();
