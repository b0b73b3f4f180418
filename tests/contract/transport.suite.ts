import { afterEach, describe, expect, it } from 'vitest';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { type RunningGateway, runGateway } from '../../gateway/testing/running-gateway.ts';
import type { LogEntry } from '../../schema/log-entry.ts';
import type { Ask, ContractClient, ContractTransport } from './contract-client.ts';

const QUICK: Partial<GatewaySettings> = { pingIntervalMs: 40, reconnectJitterMs: 100 };

/** What every transport keeps, whatever its frames look like. */
export function transportContract(transport: ContractTransport): void {
  describe(transport.name, () => {
    let running: RunningGateway;
    let clients: ContractClient[] = [];
    let url: string;

    async function start(settings: Partial<GatewaySettings> = {}): Promise<void> {
      running = await runGateway({ ...QUICK, ...settings });
      url = running.url.replace('ws:', 'http:').replace('/graphql', '');
    }
    afterEach(async () => {
      for (const client of clients) client.stop();
      clients = [];
      await running.stop();
      expect(running.gateway.stats()).toMatchObject({
        connections: 0,
        subscriptions: 0,
        live: 0,
        cohorts: 0,
      });
    });

    function subscribe(ask: Ask = {}): ContractClient {
      const client = transport.subscribe(url, ask);
      clients.push(client);
      return client;
    }
    async function ready(ask: Ask = {}): Promise<ContractClient> {
      const client = subscribe({ ready: true, ...ask });
      await client.until((events) => events.some(({ type }) => type === 'READY'));
      return client;
    }
    function publish(...entries: (LogEntry | undefined)[]): void {
      running.broker.publish(
        'main',
        entries.filter((entry) => entry !== undefined),
      );
    }
    const live = (subscriptions: number) =>
      expect.poll(() => running.gateway.stats().live).toBe(subscriptions);

    it('says where it begins, then sends what matches, each with its type and cursor', async () => {
      await start();
      const { log } = running;
      const stream = log.stream(1);
      log.put(stream, 0, '50');
      const client = await ready({ filter: ['value>=10', `stream.name==${stream.name}`] });
      await live(1);
      publish(log.put(stream, 1, '9'), log.put(stream, 2, '10'), log.put(log.stream(2), 3, '11'));
      publish(
        log.put(stream, 2, '12'),
        log.put(stream, 1, '10.5'),
        log.put(stream, 2, '3'),
        log.retract(stream, 1),
      );
      await client.count(6);
      expect(client.types).toEqual(['READY', 'CREATE', 'UPDATE', 'CREATE', 'DELETE', 'DELETE']);
      expect(client.values).toEqual([undefined, '10', '12', '10.5', '3', '10.5']);
      const positions = client.events.map(({ cursor }) => Buffer.from(cursor, 'base64url').toString());
      expect(positions).toEqual(['1@main', '3@main', '5@main', '6@main', '7@main', '8@main']);
    });

    it('resumes after a cursor with everything since, once and in order, and no seam to live', async () => {
      await start();
      const { log } = running;
      const stream = log.stream(1);
      const first = await ready();
      const entries = Array.from({ length: 200 }, (_, at) => log.put(stream, at, String(at)));
      publish(...entries.slice(0, 50));
      await first.count(31);
      const cursor = first.events[30]?.cursor ?? '';
      first.stop();
      const second = subscribe({ after: cursor });
      publish(...entries.slice(50));
      await second.count(170);
      expect(second.values).toEqual(entries.slice(30).map(({ document }) => document.value));
    });

    it('sends a snapshot, then READY, then the tail', async () => {
      await start();
      const { log } = running;
      const [one, two] = [log.stream(1), log.stream(2)];
      log.put(one, 1, '1');
      log.put(one, 2, '2');
      log.put(two, 1, '3');
      const client = await ready({ snapshot: true });
      await live(1);
      publish(log.put(two, 2, '4'));
      await client.count(4);
      expect(client.types).toEqual(['SNAPSHOT', 'SNAPSHOT', 'READY', 'CREATE']);
      expect(client.values).toEqual(['2', '3', undefined, '4']);
    });

    it('leaves out what events are about, if asked to', async () => {
      await start();
      const client = await ready({ includeData: false });
      await live(1);
      publish(running.log.put(running.log.stream(1), 1, '1'));
      await client.count(2);
      expect(client.events[1]).toMatchObject({ type: 'CREATE', id: expect.any(String), observation: null });
    });

    it.each([
      ['a cursor of nonsense', { after: 'nonsense' }, 'BAD_CURSOR', 'bad-cursor'],
      ['a cursor of another tenant', { after: cursorOf('0@other') }, 'BAD_CURSOR', 'bad-cursor'],
      ['a cursor ahead of the log', { after: cursorOf('7@main') }, 'BAD_CURSOR', 'bad-cursor'],
      ['a filter that is none', { filter: ['value>no number'] }, 'BAD_FILTER', 'bad-filter'],
      ['a bad token', { token: 'bad' }, 'UNAUTHENTICATED', 'bad-token'],
    ] as const)('refuses %s by its code, and counts it', async (_what, ask, code, reason) => {
      await start();
      expect(await subscribe(ask).ended).toBe(code);
      expect(running.gateway.stats().refusals).toMatchObject({ [reason]: 1 });
    });

    it('takes no token from the URL', async () => {
      await start();
      expect(await transport.withTokenInUrl(url)).toBe('BAD_INPUT');
      expect(running.gateway.stats().refusals['token-in-url']).toBe(1);
    });

    it('holds a bounded amount for a client that stalls, harms no other, and misses nothing', async () => {
      await start({ byteBudget: 16_384, recentEntries: 10 });
      const { log } = running;
      const stream = log.stream(1, { name: 'x'.repeat(60_000) });
      const [stalled, other] = [await ready(), await ready()];
      await live(2);
      stalled.stall();
      for (let at = 0; at < 400; at += 20) {
        publish(...Array.from({ length: 20 }, (_, index) => log.put(stream, at + index, String(at + index))));
        await other.count(1 + at + 20);
      }
      const { bytesBuffered, lagging, lagged } = running.gateway.stats();
      expect(bytesBuffered).toBeGreaterThan(16_384);
      expect(bytesBuffered).toBeLessThan(16_384 + 200_000);
      expect(lagging).toBe(1);
      expect(lagged).toBeGreaterThanOrEqual(1);
      stalled.flow();
      await stalled.count(401);
      expect(stalled.values).toEqual(other.values);
      await live(2);
    });

    it('closes a client that takes nothing for too long, which then can resume', async () => {
      await start({ byteBudget: 16_384, stalledAfterMs: 150, closeGraceMs: 50 });
      const { log } = running;
      const client = await ready();
      await live(1);
      client.stall();
      const stream = log.stream(1, { name: 'x'.repeat(60_000) });
      publish(...Array.from({ length: 400 }, (_, at) => log.put(stream, at, String(at))));
      await expect.poll(() => running.gateway.stats()).toMatchObject({ stalled: 1, connections: 0 });
      expect(running.gateway.stats().refusals.stalled).toBe(1);
      const again = subscribe({ after: client.events.at(-1)?.cursor ?? '' });
      const rest = 401 - client.events.length;
      await Promise.race([again.count(rest), again.ended]);
      expect([...client.values, ...again.values].slice(1)).toEqual(log.entries.map((_, at) => String(at)));
      // Whoever takes what it is sent is not found slow, however busy the machine is.
      expect(running.gateway.stats().stalled).toBe(1);
    });

    it('ends when the token expires, and at once when its peer is revoked', async () => {
      await start();
      const expiring = await ready({ token: `alice!${Date.now() + 1_500}` });
      const revoked = await ready({ token: 'bob' });
      const other = await ready({ token: 'carol' });
      expect(running.gateway.peers().map(({ publicKey }) => publicKey)).toEqual(['alice', 'bob', 'carol']);
      running.gateway.disconnect({ tenant: 'main', publicKey: 'bob' });
      expect(await revoked.ended).toBe('FORBIDDEN');
      expect(await expiring.ended).toBe('UNAUTHENTICATED');
      await live(1);
      expect(running.gateway.stats().refusals).toMatchObject({ revoked: 1, 'token-expired': 1 });
      publish(running.log.put(running.log.stream(1), 1, '1'));
      await other.count(2);
    });

    it('tells its clients to go when it drains, after what was sent before, and takes no new ones', async () => {
      await start();
      const client = await ready();
      await live(1);
      publish(running.log.put(running.log.stream(1), 1, '1'));
      await expect.poll(() => running.gateway.stats().frames).toBe(2);
      await running.gateway.drain();
      expect(await client.ended).toBe('GONE');
      expect(client.types).toEqual(['READY', 'CREATE']);
      expect(await subscribe().ended).toBe('UNAVAILABLE');
      expect(running.gateway.stats()).toMatchObject({ connections: 0, refusals: { draining: 1 } });
    });

    it('limits the connections from one address', async () => {
      await start({ maxConnectionsPerAddress: 2 });
      const [first] = [await ready(), await ready()];
      expect(await subscribe().ended).toBe('LIMITED');
      expect(running.gateway.stats()).toMatchObject({
        connections: 2,
        refusals: { 'address-connections': 1 },
      });
      first.stop();
      await expect.poll(() => running.gateway.stats().connections).toBe(1);
      await ready();
    });

    it('ends one of two that ask for the same, and not the other', async () => {
      await start();
      const [one, two] = [await ready(), await ready()];
      await live(2);
      one.stop();
      await live(1);
      publish(running.log.put(running.log.stream(1), 1, '1'));
      await two.count(2);
      expect(one.types).toEqual(['READY']);
      expect(running.gateway.stats()).toMatchObject({ cohorts: 1, connections: 1 });
    });

    const { execute } = transport;
    if (!execute) return;

    it('runs queries and mutations, and masks what nobody could expect', async () => {
      await start();
      expect(await execute(url, '{ hello }')).toBe('{"data":{"hello":"world"}}');
      expect(await execute(url, 'mutation { double(n: 21) }')).toBe('{"data":{"double":42}}');
      const masked = await execute(url, '{ fails }');
      expect(masked).toContain('INTERNAL');
      expect(masked).not.toContain('secret');
    });

    it('answers what is under way when it drains', async () => {
      await start();
      let answer: () => void = () => undefined;
      running.executor.beforeExecute = () =>
        new Promise((resolve) => {
          answer = resolve;
        });
      const answered = execute(url, 'mutation { double(n: 21) }');
      await expect.poll(() => running.executor.executing).toBe(1);
      const drained = running.gateway.drain();
      answer();
      expect(await answered).toBe('{"data":{"double":42}}');
      await drained;
    });
  });
}

function cursorOf(text: string): string {
  return Buffer.from(text).toString('base64url');
}
