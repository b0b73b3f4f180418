import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Neuron } from './neuron.ts';
import {
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
let neuron: Neuron | undefined;

beforeEach(async () => {
  server = await startTestServer();
  dataDir = temporaryDirectory();
});

afterEach(async () => {
  await neuron?.stop();
  neuron = undefined;
  await server.stop();
});

describe('a neuron', () => {
  it('predicts the next value of every stream once, and is answered', async () => {
    server.log.publish('a', T0, '1.5');
    server.log.publish('b', T0, '-2');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    await until(() => neuron?.status().answers.ACCEPTED === 2, 'two accepted predictions');
    expect([...server.predictions.accepted.values()].map((item) => item.value).sort()).toEqual(['-2', '1.5']);
    const next = server.log.publish('a', T0 + 2_000, '2.5');
    await until(() => neuron?.status().answers.ACCEPTED === 3, 'a third');
    expect(server.predictions.accepted.has(`${next.stream.uuid} ${next.hash} 1`)).toBe(true);
    expect(neuron.status()).toMatchObject({ phase: 'live', streams: 2, outbox: 0, chainBreaks: 0 });
  });

  it('does not predict history, only the newest of each stream', async () => {
    for (let row = 0; row < 2_500; row += 1) server.log.publish(`s${row % 5}`, T0 + row * 1_000, `${row}`);
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    await until(() => neuron?.status().answers.ACCEPTED === 5, 'one a stream');
    expect(server.predictions.accepted.size).toBe(5);
    expect(server.predictions.calls).toEqual([5]);
    expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
  });

  it('waits with predicting until a slow server has sent all history, also after a disconnect', async () => {
    const publish = (from: number) => {
      for (let row = from; row < from + 20; row += 1) server.log.publish('a', T0 + row, `${row}`);
    };
    server.onEvent = () => new Promise((resolve) => setTimeout(resolve, 3));
    publish(0);
    neuron = quickNeuron(server.url, dataDir);
    await until(() => neuron?.status().answers.ACCEPTED === 1, 'the first');
    const { port, log, predictions } = server;
    await server.stop();
    publish(20);
    server = await startTestServer(port, log);
    server.peers.expire();
    server.onEvent = () => new Promise((resolve) => setTimeout(resolve, 3));
    await until(() => server.predictions.accepted.size > 0, 'the second');
    const newest = log.events.at(-1)?.observation;
    expect(predictions.accepted.size).toBe(1);
    expect([...server.predictions.accepted.keys()]).toEqual([`${newest?.stream.uuid} ${newest?.hash} 1`]);
  });

  it('knows what the server says about its streams', async () => {
    const { uuid } = server.log.stream('quiet');
    server.log.publish('a', T0, '1');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    server.log.publish('new', T0, '1');
    const described = "SELECT name FROM streams WHERE description = 'about ' || name ORDER BY name";
    await until(() => rowsOf(dataDir, described).length === 3, 'three described streams');
    const columns = 'server_id, author, tags, cadence_seconds, last_synced > 0 AS synced';
    expect(rowsOf(dataDir, `SELECT ${columns} FROM streams WHERE uuid = '${uuid}'`)).toEqual([
      { server_id: 1, author: 'author', tags: '["test"]', cadence_seconds: 2, synced: 1 },
    ]);
  });

  it('follows only what it is told to, and reads the history of what it is told later', async () => {
    for (let row = 0; row < 30; row += 1) server.log.publish(`s${row % 3}`, T0 + row, `${row}`);
    const s1 = server.log.stream('s1').uuid;
    neuron = quickNeuron(server.url, dataDir, { streams: ['s0', s1] });
    await neuron.ready;
    await neuron.stop();
    expect(storedObservations(dataDir)).toHaveLength(20);
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
    expect(neuron.status().chainBreaks).toBe(0);
  });

  it('stores corrections and retractions as revisions, and predicts from what stands', async () => {
    server.log.publish('a', T0, '1');
    const second = server.log.publish('a', T0 + 1, '2');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    const corrected = server.log.correct(second, '3');
    await until(
      () => server.predictions.accepted.has(`${corrected.stream.uuid} ${corrected.hash} 1`),
      'a new one',
    );
    const third = server.log.publish('a', T0 + 2, '9');
    server.log.retract(third);
    server.log.publish('b', T0, '0');
    await until(() => storedObservations(dataDir).length === 6, 'six revisions');
    expect(storedObservations(dataDir)).toEqual(loggedObservations(server.log));
    const standing =
      'SELECT value FROM observations WHERE superseded = 0 AND retracted = 0 ORDER BY position';
    expect(rowsOf(dataDir, standing)).toEqual([{ value: '1' }, { value: '3' }, { value: '0' }]);
    expect(neuron.status().chainBreaks).toBe(0);
  });

  it('notices a broken chain, marks the stream and goes on with the others', async () => {
    server.log.publish('bad', T0, '1');
    server.log.breakChain('bad');
    const wrong = server.log.publish('bad', T0 + 1, '2');
    server.log.publish('bad', T0 + 2, '3');
    server.log.publish('good', T0, '1');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    expect(neuron.status()).toMatchObject({ observations: 4, brokenStreams: 1, chainBreaks: 1 });
    expect(rowsOf(dataDir, 'SELECT name, first_break FROM streams WHERE chain_breaks > 0')).toEqual([
      { name: 'bad', first_break: wrong.position },
    ]);
  });

  it('refuses a stream whose uuid is not of version 4', async () => {
    server.log.stream('odd', '6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    server.log.publish('odd', T0, '1');
    server.log.publish('a', T0, '1');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    expect(rowsOf(dataDir, 'SELECT name FROM streams')).toEqual([{ name: 'a' }]);
  });

  it('waits for a server that is not there yet', async () => {
    const { port, log } = server;
    await server.stop();
    neuron = quickNeuron(server.url, dataDir);
    await until(() => (neuron?.status().disconnects ?? 0) > 2, 'a few failed attempts');
    expect(neuron.status().phase).toBe('connecting');
    log.publish('a', T0, '1');
    server = await startTestServer(port, log);
    await neuron.ready;
    await until(() => neuron?.status().answers.ACCEPTED === 1, 'a prediction');
  });

  it('comes back as soon after each disconnect, however many there were', async () => {
    // Pauses that grew with every disconnect would be minutes by the last.
    const backoff = { firstMs: 2, maxMs: 1e9 };
    neuron = quickNeuron(server.url, dataDir, { backoff });
    for (let row = 0; row < 16; row += 1) {
      server.log.publish('a', T0 + row, `${row}`);
      await until(() => storedObservations(dataDir).length === row + 1, 'one more observation');
      server.cut();
    }
    // A cut ends the WebSocket and what is asked over HTTP: each may be noticed by itself, and nothing more.
    const disconnects = () => neuron?.status().disconnects ?? 0;
    await until(() => disconnects() >= 16, 'the last disconnect');
    expect(disconnects()).toBeLessThanOrEqual(32);
  });

  it('stops with a clear error when the server is another one', async () => {
    server.log.publish('a', T0, '1');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    await neuron.stop();
    const { port } = server;
    await server.stop();
    server = await startTestServer(port);
    server.log.publish('a', T0, '1');
    neuron = quickNeuron(server.url, dataDir);
    await expect(neuron.finished).rejects.toMatchObject({ code: 'SERVER_CHANGED' });
    expect(neuron.status()).toMatchObject({ phase: 'failed' });
    expect(neuron.status().lastError).toContain('empty data directory');
  });

  it('stops with a clear error when the server refuses its cursor', async () => {
    const { stream } = server.log.publish('a', T0, '1');
    server.log.publish('a', T0 + 1, '1');
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
    await neuron.stop();
    const { port } = server;
    await server.stop();
    // The same stream, but a log that ends before the cursor: a backup was restored.
    server = await startTestServer(port);
    server.log.stream('a', stream.uuid);
    neuron = quickNeuron(server.url, dataDir);
    await expect(neuron.ready).rejects.toMatchObject({ code: 'CURSOR_REFUSED' });
  });

  it('has its data directory to itself', async () => {
    neuron = quickNeuron(server.url, dataDir);
    expect(() => quickNeuron(server.url, dataDir)).toThrow(/Another neuron is running/);
    await neuron.stop();
    neuron = quickNeuron(server.url, dataDir);
    await neuron.ready;
  });
});
