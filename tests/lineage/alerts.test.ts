import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../server/domain/actor.ts';
import { AlertSender } from '../../server/domain/lineage/alerts/alert-sender.ts';
import { GapWatch } from '../../server/domain/lineage/gap-watch.ts';
import { DEFAULT_LINEAGE_SETTINGS } from '../../server/domain/lineage/settings.ts';
import { CommitFeed } from '../../server/domain/log/commit-feed.ts';
import { LogWriter } from '../../server/domain/log/log-writer.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

const SECRET = 'the secret of this test';
const SETTINGS = { ...DEFAULT_LINEAGE_SETTINGS, heartbeatTimeoutMs: 60_000 };

interface Post {
  readonly id: string;
  readonly signature: string;
  readonly body: string;
  readonly status: number;
}

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;
let server: Server;
let url: string;
const posts: Post[] = [];
/** How the receiver answers, one after the other; 200 when they are used up. */
const answers: number[] = [];

beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database, { lineage: SETTINGS });
  actor = await makeActor(db.database, 'collector');
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      const status = answers.shift() ?? 200;
      const { 'x-presage-alert': id, 'x-presage-signature': signature } = request.headers;
      posts.push({ id: String(id), signature: String(signature), body, status });
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
});
afterEach(async () => {
  posts.length = 0;
  answers.length = 0;
  await db.database.pool.query('TRUNCATE lineage_alerts');
});
afterAll(async () => {
  server?.close();
  await db?.close();
});

/** A sender as another process would have. */
function sender(settings: object = {}): AlertSender {
  const all = { url, secret: SECRET, firstWaitMs: 1, longestWaitMs: 4, timeoutMs: 2_000, ...settings };
  return new AlertSender(db.database.pool, all, () => undefined);
}

function watch(): GapWatch {
  const writer = new LogWriter(db.database.tenants, new CommitFeed(() => undefined), Date.now);
  return new GapWatch(db.database.pool, writer, SETTINGS);
}

async function instance(name: string, streamServerId: number) {
  const registration = await domain.record.register('default', {
    ...{ name, version: '1', host: name, port: 1, storagePath: '/', environment: 'test', standby: false },
    clientId: actor.peer.publicKey,
  });
  await domain.record.offer(registration, [{ streamServerId, source: 'x' }]);
  const streams = [{ streamServerId, symbol: null, kinds: [] }];
  const sessionId = await domain.record.openSession(registration, { source: 'x', config: null, streams });
  return { registration, sessionId };
}

const END = { status: 'COMPLETED', reason: 'done' } as const;

async function lineageSince(position: number) {
  const through = await domain.reader.head('default');
  const { entries } = await domain.reader.read({
    ...{ tenant: 'default', topics: ['lineage'], after: position, through, limit: 100 },
  });
  return entries.flatMap(({ type, document }) => ('of' in document ? [{ type, ...document }] : []));
}

/** An alert of a gap, which is due at once. */
async function makeAlerts(count: number): Promise<void> {
  await db.database.pool.query(
    `INSERT INTO lineage_alerts (tenant, position, document, created_at, next_at)
     SELECT 'default', n, jsonb_build_object('type', 'CREATE', 'document', jsonb_build_object('id', n)), now(), now()
       FROM generate_series(1, $1) AS n`,
    [count],
  );
}

describe('gaps', () => {
  it('are announced once when they open and once when they close, whoever looks', async () => {
    const { serverId } = await domain.streams.create(actor, { name: 'watched' });
    const { registration, sessionId } = await instance('one', serverId);
    const from = await domain.reader.head('default');
    await watch().look();
    expect(await lineageSince(from)).toEqual([]);
    await domain.record.closeSessions(registration, [{ sessionId, streams: [] }], END);
    await Promise.all([watch().look(), watch().look(), watch().look()]);
    const [opened, ...none] = await lineageSince(from);
    expect(none).toEqual([]);
    expect(opened).toMatchObject({
      type: 'CREATE',
      of: 'COVERAGE',
      stream: { name: 'watched' },
      endedAt: null,
    });
    await expect(domain.lineageStats()).resolves.toMatchObject({ openCoverageGaps: 1, waitingAlerts: 1 });
    const streams = [{ streamServerId: serverId, symbol: null, kinds: [] }];
    await domain.record.openSession(registration, { source: 'x', config: null, streams });
    await Promise.all([watch().look(), watch().look()]);
    const [, closed, ...rest] = await lineageSince(from);
    expect(rest).toEqual([]);
    expect(closed).toMatchObject({ type: 'UPDATE', id: opened?.id, startedAt: opened?.startedAt });
    expect(closed?.endedAt).toBeGreaterThanOrEqual(opened?.startedAt ?? 0);
    await sender().send();
    expect(posts.map(({ body }) => JSON.parse(body).type)).toEqual(['CREATE', 'UPDATE']);
  });

  it('of data are announced, and those that turn out to be none are taken back', async () => {
    const { serverId } = await domain.streams.create(actor, { name: 'sparse', cadenceSeconds: 1 });
    const { registration, sessionId } = await instance('two', serverId);
    const old = new Date(Date.now() - 60_000).toISOString();
    await domain.observations.publish(actor, [{ streamName: 'sparse', value: 1, observedAt: old }]);
    const from = await domain.reader.head('default');
    await watch().look();
    await domain.record.closeSessions(registration, [{ sessionId, streams: [] }], END);
    await watch().look();
    const found = await lineageSince(from);
    expect(found.map(({ type, of }) => [type, of])).toEqual([
      ['CREATE', 'DATA'],
      ['CREATE', 'COVERAGE'],
    ]);
    // The same process had gone on all the time.
    const streams = [{ streamServerId: serverId, symbol: null, kinds: [] }];
    await domain.record.openSession(registration, { source: 'x', config: null, streams, resumes: sessionId });
    await domain.observations.publish(actor, [{ streamName: 'sparse', value: 2 }]);
    await watch().look();
    const ended = (await lineageSince(from)).slice(2);
    expect(ended.map(({ type, of }) => [type, of]).sort()).toEqual([
      ['DELETE', 'COVERAGE'],
      ['UPDATE', 'DATA'],
    ]);
  });
});

describe('the webhook', () => {
  it('is signed, and hears an alert again until it takes it', async () => {
    await makeAlerts(1);
    answers.push(500, 302, 429);
    const one = sender();
    while (posts.length < 4) await one.send();
    expect(posts.map(({ status }) => status)).toEqual([500, 302, 429, 200]);
    expect(new Set(posts.map(({ id }) => id))).toEqual(new Set(['default/1']));
    for (const { signature, body } of posts) {
      const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
      expect(mac).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
      expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(60);
    }
    await one.send();
    expect(posts).toHaveLength(4);
  });

  it('hears each alert once from many processes, and again from none after a restart', async () => {
    await makeAlerts(60);
    await Promise.all([sender().send(), sender().send(), sender().send()]);
    await sender().send();
    expect(posts).toHaveLength(60);
    expect(new Set(posts.map(({ id }) => id)).size).toBe(60);
  });

  it('waits longer and longer, in the database, so that a restart floods nobody', async () => {
    await makeAlerts(3);
    answers.push(...Array.from({ length: 3 }, () => 503));
    const slow = { firstWaitMs: 60_000, longestWaitMs: 120_000 };
    await sender(slow).send();
    expect(posts).toHaveLength(3);
    await sender(slow).send();
    expect(posts).toHaveLength(3);
    const { rows } = await db.database.pool.query(
      `SELECT attempts, failure, next_at > now() + interval '50 seconds' AS later FROM lineage_alerts`,
    );
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ attempts: 1, failure: 'the webhook answered 503', later: true })]),
    );
  });

  it('hears what a process was sending when it died, and nothing that is too old', async () => {
    await makeAlerts(2);
    // Taken by a process that is gone: its time comes again.
    await db.database.pool.query(
      "UPDATE lineage_alerts SET attempts = 1, next_at = now() - interval '1 second' WHERE position = 1",
    );
    await db.database.pool.query(
      "UPDATE lineage_alerts SET created_at = now() - interval '2 days' WHERE position = 2",
    );
    await sender().send();
    expect(posts.map(({ id }) => id)).toEqual(['default/1']);
  });
});
