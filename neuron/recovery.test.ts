import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Neuron } from './neuron.ts';
import type { TestObservation } from './testing/test-log.ts';
import {
  leftByKill,
  loggedObservations,
  quickNeuron,
  rowsOf,
  storedObservations,
  temporaryDirectory,
  until,
} from './testing/test-neuron.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const T0 = Date.UTC(2026, 0, 1);
let server: TestServer;
let dataDir: string;
let neuron: Neuron;

beforeEach(async () => {
  server = await startTestServer();
  dataDir = temporaryDirectory();
});

afterEach(async () => {
  await neuron.stop();
  await server.stop();
});

/** A repeatable source of chance: mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes a burst: mostly observations, some corrections, retractions and entries of other topics. */
function burst(random: () => number, step: number): void {
  const { log } = server;
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
  server.predictions.refuseCallWith = () => 'UNAVAILABLE';
  await killed.stop();
  server.predictions.refuseCallWith = () => undefined;
}

it.each([1, 2, 3, 4])('loses and repeats nothing, whatever is cut or killed (seed %i)', async (seed) => {
  const random = chance(seed);
  neuron = quickNeuron(server.url, dataDir);
  for (let step = 0; step < 40; step += 1) {
    burst(random, step);
    // Somewhere into the work: a random number of turns of the event loop.
    for (let turns = random() * 40; turns > 0; turns -= 1)
      await new Promise((resolve) => setImmediate(resolve));
    const what = random();
    if (what < 0.3) server.cut();
    else if (what < 0.45) {
      const left = leftByKill(dataDir);
      await silence(neuron);
      dataDir = left;
      neuron = quickNeuron(server.url, dataDir);
    } else if (what < 0.5) server.peers.expire();
  }
  await until(() => storedObservations(dataDir).length === server.log.events.length, 'every revision');
  expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  await until(() => neuron.status().phase === 'live' && neuron.status().outbox === 0, 'an empty outbox');
  expect(neuron.status().chainBreaks).toBe(0);
  const newest = new Map<string, TestObservation>();
  for (const row of server.log.present()) {
    const known = newest.get(row.stream.uuid);
    if (!known || known.observedAt < row.observedAt) newest.set(row.stream.uuid, row);
  }
  const missing = () =>
    [...newest].filter(([uuid, { hash }]) => !server.predictions.accepted.has(`${uuid} ${hash} 1`));
  await until(() => missing().length === 0, 'a prediction from the newest of each stream');
  expect(server.predictions.changed).toBe(0);
});

it('sends a prediction again when it was killed between sending and answer, and takes DUPLICATE for an answer', async () => {
  server.log.publish('a', T0, '1');
  server.log.publish('b', T0, '2');
  let left: string | undefined;
  server.onSubmitted = () => {
    left ??= leftByKill(dataDir);
    server.cut();
  };
  neuron = quickNeuron(server.url, dataDir);
  await until(() => left !== undefined, 'a submission');
  server.onSubmitted = () => undefined;
  await neuron.stop();
  dataDir = left ?? dataDir;
  expect(rowsOf(dataDir, 'SELECT count(*) AS waiting FROM outbox')).toEqual([{ waiting: 2 }]);
  neuron = quickNeuron(server.url, dataDir);
  await until(() => neuron.status().answers.DUPLICATE === 2, 'two duplicates');
  expect(neuron.status().outbox).toBe(0);
  expect(server.predictions.accepted.size).toBe(2);
  expect(server.predictions.changed).toBe(0);
});

it('predicts at start what it stored but had not predicted', async () => {
  server.log.publish('a', T0, '1');
  neuron = quickNeuron(server.url, dataDir, { roundWindowMs: 60_000 });
  await neuron.ready;
  await until(() => neuron.status().answers.ACCEPTED === 1, 'the first');
  const { hash, stream } = server.log.publish('a', T0 + 1, '2');
  await until(() => storedObservations(dataDir).length === 2, 'the second observation');
  const left = leftByKill(dataDir);
  await silence(neuron);
  dataDir = left;
  neuron = quickNeuron(server.url, dataDir);
  await until(() => server.predictions.accepted.has(`${stream.uuid} ${hash} 1`), 'its prediction');
});

it('finishes its round when it is stopped, and sends it', async () => {
  server.log.publish('a', T0, '1');
  neuron = quickNeuron(server.url, dataDir, { roundWindowMs: 60_000 });
  await until(() => neuron.status().answers.ACCEPTED === 1, 'the first');
  const { hash, stream } = server.log.publish('a', T0 + 1, '2');
  await until(() => storedObservations(dataDir).length === 2, 'the second observation');
  await neuron.stop();
  expect(server.predictions.accepted.has(`${stream.uuid} ${hash} 1`)).toBe(true);
  expect(neuron.status()).toMatchObject({ phase: 'stopped', outbox: 0 });
});

it('keeps the outbox when it is stopped while the server hangs, within the time given', async () => {
  server.log.publish('a', T0, '1');
  let submitted = false;
  server.onSubmitted = () => {
    submitted = true;
    return new Promise(() => undefined);
  };
  neuron = quickNeuron(server.url, dataDir, { drainMs: 50 });
  await until(() => submitted, 'a submission');
  const before = Date.now();
  await neuron.stop();
  expect(Date.now() - before).toBeLessThan(2_000);
  expect(rowsOf(dataDir, 'SELECT count(*) AS waiting FROM outbox')).toEqual([{ waiting: 1 }]);
});
