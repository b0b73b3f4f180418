import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { testGround } from '../testing/test-ground.ts';
import { loggedObservations, quickNeuron, storedObservations, until } from '../testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();

it('reports a full disk, survives it, and goes on where there is space again, with nothing lost', async () => {
  ground.server.log.publish('a', T0, '0');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { maxStoreMb: 0.3 });
  await ground.neuron.ready;
  for (let row = 1; row < 3_000; row += 1) ground.server.log.publish('a', T0 + row, `${row}`);
  await until(() => /SQLITE_FULL/.test(ground.neuron.status().storeTrouble ?? ''), 'a full disk');
  expect(storedObservations(ground.dataDir).length).toBeLessThan(3_000);
  const before = ground.neuron.status().disconnects;
  await until(() => ground.neuron.status().disconnects > before + 2, 'a few more attempts');
  await ground.neuron.stop();
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await until(() => storedObservations(ground.dataDir).length === 3_000, 'every row');
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(ground.server.log));
  const newest = ground.server.log.events.at(-1)?.observation;
  const key = `${newest?.stream.uuid} ${newest?.hash} 1`;
  await until(() => ground.server.predictions.accepted.has(key), 'its prediction');
  expect(ground.neuron.status().storeTrouble).toBeNull();
});

it('reports a file that another program has locked, and goes on when it is let go', async () => {
  ground.server.log.publish('a', T0, '0');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await until(() => ground.neuron.status().answers.ACCEPTED === 1, 'the first');
  const other = new Database(join(ground.dataDir, 'neuron.db'));
  other.exec('BEGIN IMMEDIATE');
  ground.server.log.publish('a', T0 + 1, '1');
  await until(() => /SQLITE_BUSY/.test(ground.neuron.status().storeTrouble ?? ''), 'a locked file');
  expect(ground.neuron.status().storeTrouble).toMatch(/Another program has locked/);
  other.exec('COMMIT');
  other.close();
  await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'the second');
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(ground.server.log));
  expect(ground.neuron.status().storeTrouble).toBeNull();
});
