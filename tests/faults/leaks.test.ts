import type { ChildProcess } from 'node:child_process';
import { EventSource } from 'eventsource';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { ended, runSource } from '../support/process.ts';
import { findRedis, TestRedis } from '../support/redis.ts';
import type { Look } from './leaks-child.ts';
import { form } from './support/form.ts';

const CHILD = new URL('./leaks-child.ts', import.meta.url);
/**
 * Without V8's optimised code and type feedback, which go on growing for hundreds of rounds (20 KB each of the first
 * sixty, by heap snapshots) and would hide a leak. What is left is what our code keeps.
 */
const FLAGS = ['--expose-gc', '--lite-mode', '--no-expose-wasm'];
const ROUNDS = form(20, 60);
/** Rounds after which caches are as full as they get. */
const WARM_UP = 10;
const CLIENTS = 60;
/** Growth a round, in bytes. The log's new entry is in it; 100 bytes kept of each subscription would be 15 KB more. */
const TOLERANCE = 15_000;
const QUERY = 'subscription { observations(ready: true) { type cursor observation { value } } }';
const NOBODY = { connections: 0, subscriptions: 0, live: 0, lagging: 0, cohorts: 0, bytesBuffered: 0 };

/** A gateway in a process of its own. */
class Gateway {
  readonly #child: ChildProcess;
  readonly #gone: Promise<never>;
  readonly #answers: ((line: string) => void)[] = [];
  url = '';

  private constructor(redisUrl: string | undefined) {
    const onLine = (line: string) => this.#answers.shift()?.(line);
    this.#child = runSource(CHILD, redisUrl === undefined ? [] : [redisUrl], onLine, FLAGS);
    this.#gone = new Promise((_, reject) => {
      this.#child.once('exit', (code) => reject(new Error(`the gateway has ended (${code})`)));
    });
    this.#gone.catch(() => undefined);
  }

  static async open(redisUrl?: string): Promise<Gateway> {
    const gateway = new Gateway(redisUrl);
    const { url }: { url: string } = JSON.parse(await gateway.#answer());
    gateway.url = url;
    return gateway;
  }

  async look(): Promise<Look> {
    return JSON.parse(await this.tell('look'));
  }

  async stats(): Promise<Look['stats']> {
    return JSON.parse(await this.tell('stats'));
  }

  /** Gives what it answers. */
  tell(command: string): Promise<string> {
    const answer = this.#answer();
    this.#child.stdin?.write(`${command}\n`);
    return answer;
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await ended(this.#child);
  }

  #answer(): Promise<string> {
    const answer = new Promise<string>((resolve) => {
      this.#answers.push(resolve);
    });
    return Promise.race([answer, this.#gone]);
  }
}

/** Clients of every transport subscribe, get an event, and leave: some politely, some not. */
async function comeAndGo(gateway: Gateway, round: number): Promise<void> {
  const { url } = gateway;
  const http = url.replace('ws:', 'http:').replace('/graphql', '');
  const sockets = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const client = await new TestClient(url).ready({ accessToken: `peer ${round} ${index}` });
      client.subscribe('1', QUERY);
      client.subscribe('2', QUERY);
      return client;
    }),
  );
  const sources = Array.from({ length: CLIENTS / 4 }, () => new EventSource(`${http}/realtime/sse`));
  const streams = Array.from({ length: CLIENTS / 4 }, () =>
    createClient({ url: `${http}/graphql/stream`, retryAttempts: 0 }).subscribe(
      { query: QUERY },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    ),
  );
  const subscriptions = 2 * CLIENTS + sources.length + streams.length;
  await expect.poll(async () => (await gateway.stats()).live).toBe(subscriptions);
  const before = (await gateway.stats()).frames;
  await gateway.tell('publish');
  await expect.poll(async () => (await gateway.stats()).frames).toBe(before + subscriptions);
  for (const source of sources) source.close();
  for (const stop of streams) stop();
  await Promise.all(
    sockets.map(async (client, index) => {
      if (index % 3 === 0) client.send({ type: 'complete', id: '1' });
      if (index % 2 === 0) client.socket.close(1000);
      else client.socket.terminate();
      await client.closed;
    }),
  );
}

/** What it must have no more of after any round than before the first. */
function held({ channels, listeners, registered, peers }: Look) {
  return { channels, listeners, registered, peers };
}

/** Bytes a round: the median of all slopes between two rounds, to which one that was looked at too soon does nothing. */
function growthOf(heaps: readonly number[]): number {
  const slopes = heaps.flatMap((later, to) =>
    heaps.slice(0, to).map((earlier, from) => (later - earlier) / (to - from)),
  );
  return Math.round(slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN);
}

async function keepsNothing(gateway: Gateway): Promise<void> {
  const looks: Look[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await comeAndGo(gateway, round);
    await expect.poll(() => gateway.stats()).toMatchObject(NOBODY);
    await expect.poll(async () => (await gateway.look()).registered).toBe(0);
    looks.push(await gateway.look());
  }
  const [first, last] = [looks[WARM_UP], looks.at(-1)];
  if (!first || !last) throw new Error('there are more rounds than that');
  const growth = growthOf(looks.slice(WARM_UP).map(({ heap }) => heap));
  process.stdout.write(
    `${growth} bytes a round, ${ROUNDS} rounds of ${CLIENTS}: ${JSON.stringify(held(last))}\n`,
  );
  expect(growth).toBeLessThan(TOLERANCE);
  expect(held(last)).toEqual(held(first));
  // Redis' own come and go.
  expect(last.timers).toBeLessThanOrEqual(first.timers + 2);
  expect(last.peers).toBe(0);
  await gateway.tell('close');
  // What is left of the gateway itself hears of nothing any more.
  await gateway.tell('publish');
  expect(await gateway.stats()).toMatchObject({ connections: 0, subscriptions: 0, cohorts: 0 });
}

it(`keeps nothing of clients that have left, in ${ROUNDS} rounds of ${CLIENTS}`, async () => {
  const gateway = await Gateway.open();
  await keepsNothing(gateway).finally(() => gateway.stop());
}, 600_000);

const executable = findRedis();

describe.skipIf(!executable)('over Redis, with a streamer', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.open(executable ?? '');
  });
  afterAll(() => redis?.close());

  it(`keeps nothing of clients that have left, in ${ROUNDS} rounds of ${CLIENTS}, nor leaves keys behind`, async () => {
    const gateway = await Gateway.open(redis.url);
    await expect.poll(async () => (await gateway.stats()).feed).toBe('redis');
    const keys = async () => (await redis.admin.keys('*')).filter((key) => !key.endsWith(':log'));
    try {
      await keepsNothing(gateway);
      // The streamer sweeps up after it; one that is stopped before leaves that to others, or to their expiry.
      await expect.poll(async () => (await keys()).filter((key) => key.includes('gateway'))).toEqual([]);
    } finally {
      await gateway.stop();
    }
    expect(await keys()).toEqual([]);
    expect(await redis.admin.pubsub('CHANNELS', '*')).toEqual([]);
  }, 600_000);
});
