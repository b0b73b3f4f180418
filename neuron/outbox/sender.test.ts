import { describe, expect, it } from 'vitest';
import { testGround } from '../testing/test-ground.ts';
import { quickNeuron, rowsOf, until } from '../testing/test-neuron.ts';

const T0 = Date.UTC(2026, 0, 1);
const ground = testGround();

function publish(streams: number): void {
  for (let stream = 0; stream < streams; stream += 1)
    ground.server.log.publish(`s${stream}`, T0, `${stream}`);
}

describe('the outbox', () => {
  it('keeps each item apart: final failures are recorded, LIMITED stays and is tried again', async () => {
    publish(4);
    let limited = 3;
    ground.server.predictions.verdict = ({ value }) => {
      if (value === '1') return 'LATE';
      if (value === '2') return 'ARCHIVED';
      if (value === '3' && limited-- > 0) return 'LIMITED';
      return undefined;
    };
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
    await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'two accepted');
    expect(ground.neuron.status().answers).toEqual({ ACCEPTED: 2, ARCHIVED: 1, LATE: 1 });
    expect(ground.neuron.status().outbox).toBe(0);
    expect(ground.server.predictions.calls).toEqual([4, 1, 1, 1]);
    expect(rowsOf(ground.dataDir, "SELECT value, message FROM predictions WHERE answer = 'LATE'")).toEqual([
      { value: '1', message: 'answered with LATE' },
    ]);
  });

  it('never sends more than the batch size in one call', async () => {
    publish(25);
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { maxBatch: 10 });
    await until(() => ground.neuron.status().answers.ACCEPTED === 25, 'all accepted');
    expect(ground.server.predictions.calls).toEqual([10, 10, 5]);
  });

  it('renews its token and sends the same batch, by refresh or by signing in again', async () => {
    publish(3);
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
    await until(() => ground.neuron.status().answers.ACCEPTED === 3, 'three accepted');
    expect(ground.server.peers).toMatchObject({ signIns: 1, refreshes: 0 });
    ground.server.peers.expire();
    ground.server.log.publish('s0', T0 + 1, '7');
    await until(() => ground.neuron.status().answers.ACCEPTED === 4, 'a fourth');
    expect(ground.server.peers).toMatchObject({ signIns: 1, refreshes: 1 });
    ground.server.peers.expire('all');
    ground.server.log.publish('s1', T0 + 1, '7');
    await until(() => ground.neuron.status().answers.ACCEPTED === 5, 'a fifth');
    expect(ground.server.peers).toMatchObject({ signIns: 2, refreshes: 1 });
    expect(ground.server.predictions.duplicates).toBe(0);
  });

  it('is not sunk by one prediction that the server refuses as a call', async () => {
    publish(7);
    ground.server.predictions.refuseCallWith = (items) =>
      items.some((item) => item.value === '3') ? 'BAD_INPUT' : undefined;
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
    await until(
      () => ground.neuron.status().outbox === 0 && ground.neuron.status().answers.ACCEPTED === 6,
      'six accepted',
    );
    expect(ground.neuron.status().answers).toEqual({ ACCEPTED: 6, BAD_INPUT: 1 });
    // Halved until it is alone, and doubled again with what goes through.
    expect(ground.server.predictions.calls).toEqual([7, 4, 2, 4, 2, 1, 2, 1, 1, 2]);
  });

  it('drops a prediction whose target has come, and counts it', async () => {
    publish(2);
    ground.server.predictions.refuseCallWith = () => 'UNAVAILABLE';
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
    await until(() => ground.neuron.status().outbox === 2, 'two waiting');
    const late = ground.server.log.stream('s0').uuid;
    ground.server.log.publish('s0', T0 + 1, '5');
    await until(() => ground.neuron.status().answers.EXPIRED === 1, 'one dropped');
    ground.server.predictions.refuseCallWith = () => undefined;
    await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'the others accepted');
    expect(ground.neuron.status()).toMatchObject({ outbox: 0, answers: { ACCEPTED: 2, EXPIRED: 1 } });
    const first = ground.server.log.events[0]?.observation;
    expect(first?.stream.uuid).toBe(late);
    expect(ground.server.predictions.accepted.has(`${late} ${first?.hash} 1`)).toBe(false);
  });

  it('compresses what is large, and only that', async () => {
    publish(40);
    const packed: boolean[] = [];
    ground.server.onRequest = (request) => {
      packed.push(request.headers['content-encoding'] === 'gzip');
    };
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { gzipBytes: 4_096 });
    await until(() => ground.neuron.status().answers.ACCEPTED === 40, 'all accepted');
    expect(new Set(packed)).toEqual(new Set([true, false]));
    expect(ground.server.predictions.calls).toEqual([40]);
  });

  it('stays through an outage of any length', async () => {
    publish(2);
    ground.server.predictions.refuseCallWith = () => 'UNAVAILABLE';
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir);
    await until(() => ground.server.predictions.calls.length > 4, 'a few refusals');
    expect(ground.neuron.status()).toMatchObject({ outbox: 2, answers: {} });
    ground.server.predictions.refuseCallWith = () => undefined;
    await until(() => ground.neuron.status().answers.ACCEPTED === 2, 'two accepted');
  });

  it('is as patient as at first with each outage, however many there were', async () => {
    publish(16);
    const refused = new Set<string>();
    ground.server.predictions.verdict = ({ value }) => {
      if (refused.has(value)) return undefined;
      refused.add(value);
      return 'LIMITED';
    };
    // Pauses that grew with every outage would be minutes by the last.
    const backoff = { firstMs: 2, maxMs: 1e9 };
    ground.neuron = quickNeuron(ground.server.url, ground.dataDir, { maxBatch: 1, backoff });
    await until(() => ground.neuron.status().answers.ACCEPTED === 16, 'all accepted');
    expect(ground.server.predictions.calls).toHaveLength(32);
  });
});
