import { expect, it } from 'vitest';
import { randomFrom } from '../schema/seeded-random.ts';
import type { Neuron } from './neuron.ts';
import { testGround } from './testing/test-ground.ts';
import type { TestObservation } from './testing/test-log.ts';
import {
  leftByKill,
  loggedObservations,
  quickNeuron,
  rowsOf,
  storedObservations,
  until,
} from './testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();

/** Writes a burst: mostly observations, some corrections, retractions and entries of other topics. */
function burst(random: () => number, step: number): void {
  const { log } = ground.server;
  for (let item = 0; item < 1 + random() * 60; item += 1) {
    const name = `s${Math.floor(random() * 6)}`;
    const standing: TestObservation[] = random() < 0.1 ? log.present() : [];
    const old = standing[Math.floor(random() * standing.length)];
    if (old && random() < 0.3) log.retract(old);
    else if (old) log.correct(old, `${item}.25`);
    else log.publish(name, T0 + step * 1_000 + item, `${Math.floor(random() * 1_000)}`);
    if (random() < 0.2) log.skipPosition();
  }
}

/** Stops a neuron that counts as killed: what it still sends on its way out must not arrive. */
async function silence(killed: Neuron): Promise<void> {
  ground.server.predictions.refuseCallWith = () => 'UNAVAILABLE';
  await killed.stop();
  ground.server.predictions.refuseCallWith = () => undefined;
}

it.each([1, 2, 3, 4])('loses and repeats nothing, whatever is cut or killed (seed %i)', async (seed) => {
  const random = randomFrom(seed);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  for (let step = 0; step < 40; step += 1) {
    burst(random, step);
    // Somewhere into the work: a random number of turns of the event loop.
    for (let turns = random() * 40; turns > 0; turns -= 1)
      await new Promise((resolve) => setImmediate(resolve));
    const what = random();
    if (what < 0.3) ground.server.cut();
    else if (what < 0.45) {
      const left = leftByKill(ground.dataDir);
      await silence(ground.neuron);
      ground.dataDir = left;
      ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
    } else if (what < 0.5) ground.server.peers.expire();
  }
  await until(
    () => storedObservations(ground.dataDir).length === ground.server.log.events.length,
    'every revision',
  );
  expect(storedObservations(ground.dataDir)).toEqual(loggedObservations(ground.server.log));
  await until(
    () => ground.neuron.status().phase === 'live' && ground.neuron.status().outbox === 0,
    'an empty outbox',
  );
  expect(ground.neuron.status().chainBreaks).toBe(0);
  const newest = new Map<string, TestObservation>();
  for (const row of ground.server.log.present()) {
    const known = newest.get(row.stream.uuid);
    if (!known || known.observedAt < row.observedAt) newest.set(row.stream.uuid, row);
  }
  const missing = () =>
    [...newest].filter(([uuid, { hash }]) => !ground.server.predictions.accepted.has(`${uuid} ${hash} 1`));
  await until(() => missing().length === 0, 'a prediction from the newest of each stream');
  expect(ground.server.predictions.changed).toBe(0);
});

it('sends a prediction again when it was killed between sending and answer, and takes DUPLICATE for an answer', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.server.log.publish('b', T0, '2');
  let left: string | undefined;
  ground.server.onSubmitted = () => {
    left ??= leftByKill(ground.dataDir);
    ground.server.cut();
  };
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await until(() => left !== undefined, 'a submission');
  ground.server.onSubmitted = () => undefined;
  await ground.neuron.stop();
  ground.dataDir = left ?? ground.dataDir;
  expect(rowsOf(ground.dataDir, 'SELECT count(*) AS waiting FROM outbox')).toEqual([{ waiting: 2 }]);
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await until(() => ground.neuron.status().answers.DUPLICATE === 2, 'two duplicates');
  expect(ground.neuron.status().outbox).toBe(0);
  expect(ground.server.predictions.accepted.size).toBe(2);
  expect(ground.server.predictions.changed).toBe(0);
});

it('predicts at start what it stored but had not predicted', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { roundWindowMs: 60_000 });
  await ground.neuron.ready;
  await until(() => ground.neuron.status().answers.ACCEPTED === 1, 'the first');
  const { hash, stream } = ground.server.log.publish('a', T0 + 1, '2');
  await until(() => storedObservations(ground.dataDir).length === 2, 'the second observation');
  const left = leftByKill(ground.dataDir);
  await silence(ground.neuron);
  ground.dataDir = left;
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
  await until(() => ground.server.predictions.accepted.has(`${stream.uuid} ${hash} 1`), 'its prediction');
});

it('finishes its round when it is stopped, and sends it', async () => {
  ground.server.log.publish('a', T0, '1');
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { roundWindowMs: 60_000 });
  await until(() => ground.neuron.status().answers.ACCEPTED === 1, 'the first');
  const { hash, stream } = ground.server.log.publish('a', T0 + 1, '2');
  await until(() => storedObservations(ground.dataDir).length === 2, 'the second observation');
  await ground.neuron.stop();
  expect(ground.server.predictions.accepted.has(`${stream.uuid} ${hash} 1`)).toBe(true);
  expect(ground.neuron.status()).toMatchObject({ phase: 'stopped', outbox: 0 });
});

it('keeps the outbox when it is stopped while the server hangs, within the time given', async () => {
  ground.server.log.publish('a', T0, '1');
  let submitted = false;
  ground.server.onSubmitted = () => {
    submitted = true;
    return new Promise(() => undefined);
  };
  ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { drainMs: 50 });
  await until(() => submitted, 'a submission');
  const before = Date.now();
  await ground.neuron.stop();
  expect(Date.now() - before).toBeLessThan(2_000);
  expect(rowsOf(ground.dataDir, 'SELECT count(*) AS waiting FROM outbox')).toEqual([{ waiting: 1 }]);
});
