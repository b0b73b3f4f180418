import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Neuron } from '../neuron.ts';
import { quickNeuron, rowsOf, temporaryDirectory, until } from '../testing/test-neuron.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

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

function publish(streams: number): void {
  for (let stream = 0; stream < streams; stream += 1) server.log.publish(`s${stream}`, T0, `${stream}`);
}

describe('the outbox', () => {
  it('keeps each item apart: final failures are recorded, LIMITED stays and is tried again', async () => {
    publish(4);
    let limited = 3;
    server.predictions.verdict = ({ value }) => {
      if (value === '1') return 'LATE';
      if (value === '2') return 'ARCHIVED';
      if (value === '3' && limited-- > 0) return 'LIMITED';
      return undefined;
    };
    neuron = quickNeuron(server.url, dataDir);
    await until(() => neuron.status().answers.ACCEPTED === 2, 'two accepted');
    expect(neuron.status().answers).toEqual({ ACCEPTED: 2, ARCHIVED: 1, LATE: 1 });
    expect(neuron.status().outbox).toBe(0);
    expect(server.predictions.calls).toEqual([4, 1, 1, 1]);
    expect(rowsOf(dataDir, "SELECT value, message FROM predictions WHERE answer = 'LATE'")).toEqual([
      { value: '1', message: 'answered with LATE' },
    ]);
  });

  it('never sends more than the batch size in one call', async () => {
    publish(25);
    neuron = quickNeuron(server.url, dataDir, { maxBatch: 10 });
    await until(() => neuron.status().answers.ACCEPTED === 25, 'all accepted');
    expect(server.predictions.calls).toEqual([10, 10, 5]);
  });

  it('renews its token and sends the same batch, by refresh or by signing in again', async () => {
    publish(3);
    neuron = quickNeuron(server.url, dataDir);
    await until(() => neuron.status().answers.ACCEPTED === 3, 'three accepted');
    expect(server.peers).toMatchObject({ signIns: 1, refreshes: 0 });
    server.peers.expire();
    server.log.publish('s0', T0 + 1, '7');
    await until(() => neuron.status().answers.ACCEPTED === 4, 'a fourth');
    expect(server.peers).toMatchObject({ signIns: 1, refreshes: 1 });
    server.peers.expire('all');
    server.log.publish('s1', T0 + 1, '7');
    await until(() => neuron.status().answers.ACCEPTED === 5, 'a fifth');
    expect(server.peers).toMatchObject({ signIns: 2, refreshes: 1 });
    expect(server.predictions.duplicates).toBe(0);
  });

  it('is not sunk by one prediction that the server refuses as a call', async () => {
    publish(7);
    server.predictions.refuseCallWith = (items) =>
      items.some((item) => item.value === '3') ? 'BAD_INPUT' : undefined;
    neuron = quickNeuron(server.url, dataDir);
    await until(() => neuron.status().outbox === 0 && neuron.status().answers.ACCEPTED === 6, 'six accepted');
    expect(neuron.status().answers).toEqual({ ACCEPTED: 6, BAD_INPUT: 1 });
  });

  it('drops a prediction whose target has come, and counts it', async () => {
    publish(2);
    server.predictions.refuseCallWith = () => 'UNAVAILABLE';
    neuron = quickNeuron(server.url, dataDir);
    await until(() => neuron.status().outbox === 2, 'two waiting');
    const late = server.log.stream('s0').uuid;
    server.log.publish('s0', T0 + 1, '5');
    await until(() => neuron.status().answers.EXPIRED === 1, 'one dropped');
    server.predictions.refuseCallWith = () => undefined;
    await until(() => neuron.status().answers.ACCEPTED === 2, 'the others accepted');
    expect(neuron.status()).toMatchObject({ outbox: 0, answers: { ACCEPTED: 2, EXPIRED: 1 } });
    const first = server.log.events[0]?.observation;
    expect(first?.stream.uuid).toBe(late);
    expect(server.predictions.accepted.has(`${late} ${first?.hash} 1`)).toBe(false);
  });

  it('compresses what is large, and only that', async () => {
    publish(40);
    const packed: boolean[] = [];
    server.onRequest = (request) => {
      packed.push(request.headers['content-encoding'] === 'gzip');
    };
    neuron = quickNeuron(server.url, dataDir, { gzipBytes: 4_096 });
    await until(() => neuron.status().answers.ACCEPTED === 40, 'all accepted');
    expect(new Set(packed)).toEqual(new Set([true, false]));
    expect(server.predictions.calls).toEqual([40]);
  });

  it('stays through an outage of any length', async () => {
    publish(2);
    server.predictions.refuseCallWith = () => 'UNAVAILABLE';
    neuron = quickNeuron(server.url, dataDir);
    await until(() => server.predictions.calls.length > 4, 'a few refusals');
    expect(neuron.status()).toMatchObject({ outbox: 2, answers: {} });
    server.predictions.refuseCallWith = () => undefined;
    await until(() => neuron.status().answers.ACCEPTED === 2, 'two accepted');
  });
});
