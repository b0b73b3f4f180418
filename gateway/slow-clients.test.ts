import { describe, expect, it } from 'vitest';
import { gatewayGround } from './testing/gateway-ground.ts';
import { cursorOf, eventsOf } from './testing/observation-events.ts';

const FIELDS = '{ type cursor observation { value } }';

describe('a client that takes less than it is sent', () => {
  const ground = gatewayGround();
  const { start, connect, commit } = ground;

  it('reads no more of a snapshot than a client takes, and goes on after it without a seam', async () => {
    await start({ byteBudget: 100_000 });
    const { log } = ground.running;
    const streams = Array.from({ length: 1_500 }, (_, n) => log.stream(n + 1, { meta: 'x'.repeat(20_000) }));
    for (const stream of streams) log.put(stream, 1, 'old');
    let reads = 0;
    log.beforeRead = async (what) => {
      if (what === 'snapshot') reads += 1;
    };
    const slow = await connect();
    slow.socket.pause();
    slow.subscribe(
      's',
      'subscription { observations(snapshot: true, ready: true) { type cursor observation { value stream { meta } } } }',
    );
    await expect.poll(() => ground.running.gateway.stats().bytesBuffered).toBeGreaterThan(100_000);
    // Three to a page; what the system buffers is a few megabytes of these thirty.
    expect(reads).toBeGreaterThan(1);
    expect(reads).toBeLessThan(400);
    commit(...[streams[0], streams.at(-1)].map((stream) => stream && log.put(stream, 2, 'new')));
    slow.socket.resume();
    await slow.until(() => slow.of('s').length === streams.length + 3);
    expect(eventsOf(slow.of('s')).map(({ type, value, position }) => `${type} ${value} ${position}`)).toEqual(
      [
        ...streams.map((_, n) => `SNAPSHOT old ${n + 1}`),
        `READY null ${streams.length}`,
        ...[1, 2].map((n) => `CREATE new ${streams.length + n}`),
      ],
    );
    expect(reads).toBe(500);
  });

  it('holds a bounded amount for a client that stops reading, harms no other, and misses nothing', async () => {
    const byteBudget = 100_000;
    await start({ byteBudget, catchUpPage: 20 });
    const stream = ground.running.log.stream(1, { meta: 'x'.repeat(20_000) });
    const slow = await connect();
    const quick = await connect();
    for (const client of [slow, quick]) {
      client.subscribe(
        's',
        'subscription { observations(ready: true) { type cursor observation { value stream { meta } } } }',
      );
      await client.until(() => client.of('s').length === 1);
    }
    slow.socket.pause();
    const total = 1_000;
    let peak = 0;
    for (let n = 1; n <= total; n += 1) {
      commit(ground.running.log.put(stream, n, String(n)));
      if (n % 10 === 0) await quick.until(() => quick.of('s').length === n + 1);
      peak = Math.max(peak, ground.running.gateway.stats().bytesBuffered);
    }
    const stats = ground.running.gateway.stats();
    expect(stats).toMatchObject({ lagging: 1, live: 1 });
    // Its own budget and one frame, and what the quick one was being sent.
    expect(peak).toBeLessThan(2 * (byteBudget + 25_000));
    slow.socket.resume();
    await slow.until(() => slow.of('s').length === total + 1);
    for (const client of [slow, quick]) {
      expect(
        eventsOf(client.of('s'))
          .slice(1)
          .map(({ value }) => Number(value)),
      ).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    }
    commit(ground.running.log.put(stream, total + 1, 'live'));
    await slow.until(() => slow.of('s').length === total + 2);
    expect(ground.running.gateway.stats()).toMatchObject({ lagging: 0, live: 2 });
  });

  it('holds a bounded amount for all clients that stop reading, harms no other, and misses nothing', async () => {
    const totalByteBudget = 2 * 1_048_576;
    await start({ byteBudget: 1_048_576, totalByteBudget, catchUpPage: 20 });
    const stream = ground.running.log.stream(1, { meta: 'x'.repeat(20_000) });
    const slow = await Promise.all(Array.from({ length: 30 }, () => connect()));
    const quick = await connect();
    for (const client of [...slow, quick]) {
      client.subscribe(
        's',
        'subscription { observations(ready: true) { type cursor observation { value stream { meta } } } }',
      );
      await client.until(() => client.of('s').length === 1);
    }
    for (const { socket } of slow) socket.pause();
    // More than the system keeps for each of them.
    const total = 300;
    let peak = 0;
    for (let n = 1; n <= total; n += 1) {
      commit(ground.running.log.put(stream, n, String(n)));
      await quick.until(() => quick.of('s').length === n + 1);
      peak = Math.max(peak, ground.running.gateway.stats().bytesBuffered);
    }
    // By its budget alone each could have a megabyte waiting.
    expect(peak).toBeGreaterThan(totalByteBudget / 2);
    expect(peak).toBeLessThan(totalByteBudget * (17 / 16) + slow.length * (16_384 + 21_000));
    for (const { socket } of slow) socket.resume();
    for (const client of slow) {
      await client.until(() => client.of('s').length === total + 1);
      expect(
        eventsOf(client.of('s'))
          .slice(1)
          .map(({ value }) => Number(value)),
      ).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    }
    await expect
      .poll(() => ground.running.gateway.stats())
      .toMatchObject({ lagging: 0, live: slow.length + 1 });
  });

  it('closes a client that takes nothing for too long, which then can resume', async () => {
    const stream = await start({
      byteBudget: 50_000,
      stalledAfterMs: 100,
      pingIntervalMs: 20,
      closeGraceMs: 20,
    });
    const big = { ...stream, meta: 'x'.repeat(50_000) };
    const client = await connect();
    client.subscribe(
      's',
      'subscription { observations(ready: true) { cursor observation { stream { meta } } } }',
    );
    await client.until(() => client.of('s').length === 1);
    client.socket.pause();
    for (let n = 0; n < 400; n += 1) commit(ground.running.log.put(big, n, '1'));
    await expect.poll(() => ground.running.gateway.stats().connections, { timeout: 5_000 }).toBe(0);
    expect(ground.running.gateway.stats()).toMatchObject({ stalled: 1, subscriptions: 0, live: 0 });
    const [ready] = client.of('s');
    const again = await connect();
    again.subscribe('s', `subscription { observations(after: "${cursorOf(ready)}") ${FIELDS} }`);
    await again.until(() => again.of('s').length === 400);
    expect(eventsOf(again.of('s')).map(({ position }) => position)).toEqual(
      Array.from({ length: 400 }, (_, n) => n + 1),
    );
  });
});
