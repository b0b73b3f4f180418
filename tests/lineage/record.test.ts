import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { NewInstance, Registration } from '../../server/domain/lineage/lineage.ts';
import { sweep, tenantsToSweep } from '../../server/domain/lineage/sweep.ts';
import { CommitFeed } from '../../server/domain/log/commit-feed.ts';
import { LogWriter } from '../../server/domain/log/log-writer.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;
const streams: number[] = [];
const entries: LogEntry[] = [];

const PORT = { next: 5_000 };
function instance(name: string, given: Partial<NewInstance> = {}): NewInstance {
  return {
    ...{ name, version: '1.0.0', host: 'one.example', port: PORT.next++, storagePath: `/var/lib/${name}` },
    ...{ environment: 'test', clientId: actor.peer.publicKey, standby: false, ...given },
  };
}

function stream(index: number) {
  return { streamServerId: streams[index] ?? 0, symbol: `S${index}`, kinds: ['price'] };
}

function counts(index: number, messages: number) {
  const at = 1_700_000_000_000;
  return {
    ...{ streamServerId: streams[index] ?? 0, kinds: [], messages, bytes: messages * 10 },
    ...{ firstMessageAt: at, lastMessageAt: at + messages },
  };
}

/** Makes it look as if nothing had been heard of an instance's sessions for a while. */
async function silence({ instanceId }: Registration, ms: number): Promise<void> {
  await db.database.pool.query(
    `WITH c AS (UPDATE collection_sessions
                   SET started_at = started_at - $2 * interval '1 ms', heartbeat_at = heartbeat_at - $2 * interval '1 ms'
                 WHERE instance_id = $1 AND status = 'ACTIVE' RETURNING id),
          x AS (UPDATE session_streams SET started_at = started_at - $2 * interval '1 ms'
                 WHERE session_id IN (SELECT id FROM c))
     UPDATE server_instances SET seen_at = seen_at - $2 * interval '1 ms' WHERE id = $1`,
    [instanceId, ms],
  );
}

async function sessionRow(id: number) {
  const { rows } = await db.database.pool.query('SELECT * FROM collection_sessions WHERE id = $1', [id]);
  return rows[0];
}

beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  actor = await makeActor(db.database, 'collector');
  for (const name of ['a', 'b', 'c']) {
    streams.push((await domain.streams.create(actor, { name })).serverId);
  }
  domain.log.onCommit((_, committed) => entries.push(...committed));
});
afterAll(() => db.close());

describe('instances', () => {
  it('keep their name through restarts, and the process that had it is told to stop', async () => {
    const { record } = domain;
    const first = await record.register('default', instance('keeper'));
    const session = await record.openSession(first, { source: 'x', config: { a: 1 }, streams: [stream(0)] });
    const second = await record.register('default', instance('keeper', { version: '1.0.1' }));
    expect(second.instanceId).toBe(first.instanceId);
    expect(await sessionRow(session)).toMatchObject({ status: 'FAILED', config: { a: 1 } });
    expect((await record.beat(first, [])).current).toBe(false);
    expect((await record.beat(second, [])).current).toBe(true);
    const next = { source: 'x', config: null, streams: [] };
    await expect(record.openSession(first, next)).rejects.toMatchObject({ code: 'CONFLICT' });
    await record.openSession(second, next);
  });

  it('free their name, host and port when they are retired, and only then', async () => {
    const { record } = domain;
    const given = instance('one');
    const one = await record.register('default', given);
    const session = await record.openSession(one, { source: 'x', config: null, streams: [stream(0)] });
    const two = { ...given, name: 'two' };
    await expect(record.register('default', two)).rejects.toMatchObject({ code: 'CONFLICT' });
    await record.retire('default', 'one');
    expect(await sessionRow(session)).toMatchObject({ status: 'TERMINATED' });
    expect((await record.register('default', two)).instanceId).not.toBe(one.instanceId);
    await expect(record.retire('default', 'one')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await record.beat(one, [])).current).toBe(false);
  });

  it('lose their address to who took it over when nothing was heard of them', async () => {
    const { record } = domain;
    const given = instance('gone');
    await silence(await record.register('default', given), 60_000);
    await record.register('default', { ...given, name: 'heir' });
    const { rows } = await db.database.pool.query(
      "SELECT retired_at IS NOT NULL AS retired FROM server_instances WHERE name = 'gone'",
    );
    expect(rows).toEqual([{ retired: true }]);
  });

  it('are refused with everything that is wrong with them', async () => {
    const bad = instance('not a name', { port: 0, version: '' });
    await expect(domain.record.register('default', bad)).rejects.toThrow(/name: .*version: .*port: /s);
  });
});

describe('sessions', () => {
  it('count what their streams count, once however often it is said', async () => {
    const { record } = domain;
    const one = await record.register('default', instance('counter'));
    const sessionId = await record.openSession(one, {
      ...{ source: 'x', config: null, streams: [stream(0), stream(1)] },
    });
    const report = [{ sessionId, streams: [counts(0, 5), counts(1, 7)] }];
    await Promise.all([record.beat(one, report), record.beat(one, report), record.beat(one, report)]);
    await record.beat(one, [{ sessionId, streams: [counts(0, 4)] }]);
    expect(await sessionRow(sessionId)).toMatchObject({ messages: '12', bytes: '120', status: 'ACTIVE' });
    await record.changeStreams(one, sessionId, { start: [stream(2)], stop: [streams[0] ?? 0] });
    await record.changeStreams(one, sessionId, { start: [stream(0)], stop: [] });
    await record.closeSessions(one, [{ sessionId, streams: [counts(0, 3), counts(1, 8), counts(2, 1)] }], {
      ...{ status: 'COMPLETED', reason: 'done' },
    });
    expect(await sessionRow(sessionId)).toMatchObject({
      messages: '17',
      status: 'COMPLETED',
      reason: 'done',
    });
    const { rows } = await db.database.pool.query(
      `SELECT stream_id, messages::int, symbol, kinds, ended_at IS NULL AS open
         FROM session_streams WHERE session_id = $1 ORDER BY id`,
      [sessionId],
    );
    const row = (index: number, messages: number) => ({
      ...{ stream_id: streams[index], messages, symbol: `S${index}`, kinds: ['price'], open: false },
    });
    expect(rows).toEqual([row(0, 5), row(1, 8), row(2, 1), row(0, 3)]);
  });

  it('never overlap in one source of one instance, even when they are opened at once', async () => {
    const { record } = domain;
    const one = await record.register('default', instance('eager'));
    const open = () => record.openSession(one, { source: 'x', config: null, streams: [stream(0)] });
    expect(new Set(await Promise.all([open(), open(), open()])).size).toBe(1);
    const { rows } = await db.database.pool.query(
      'SELECT id FROM collection_sessions WHERE instance_id = $1',
      [one.instanceId],
    );
    expect(rows).toHaveLength(1);
    await expect(
      db.database.pool.query(
        `INSERT INTO collection_sessions (tenant, instance_id, source, started_at, heartbeat_at, config)
         VALUES ('default', $1, 'x', now(), now(), 'null')`,
        [one.instanceId],
      ),
    ).rejects.toThrow(/sessions_of_a_source_do_not_overlap/);
    await expect(
      db.database.pool.query(
        `INSERT INTO session_streams (tenant, session_id, stream_id, started_at) VALUES ('default', $1, $2, now())`,
        [rows[0].id, streams[0]],
      ),
    ).rejects.toThrow(/streams_of_a_session_do_not_overlap/);
  });

  it('that fall silent are closed once at their last heartbeat, whoever notices, and may be resumed', async () => {
    const { record } = domain;
    const one = await record.register('default', instance('silent'));
    const sessionId = await record.openSession(one, {
      ...{ source: 'x', config: null, streams: [stream(0), stream(1)] },
    });
    expect(await tenantsToSweep(db.database.pool, 15_000)).toEqual([]);
    await silence(one, 60_000);
    expect(await tenantsToSweep(db.database.pool, 15_000)).toEqual(['default']);
    const before = await sessionRow(sessionId);
    const from = entries.length;
    // Each writer stands for a process of its own.
    const noticing = Array.from({ length: 6 }, () => {
      const writer = new LogWriter(db.database.tenants, new CommitFeed(() => undefined), Date.now);
      return sweep(writer, 'default', 15_000);
    });
    const late = record.beat(one, [{ sessionId, streams: [counts(0, 9)] }]);
    const closed = (await Promise.all(noticing)).reduce((sum, count) => sum + count, 0);
    const beaten = (await late).active.has(sessionId);
    // Either the heartbeat came first, and saved it, or it came too late: never both, never twice.
    expect(closed).toBe(beaten ? 0 : 1);
    if (!beaten) {
      const after = await sessionRow(sessionId);
      expect(after).toMatchObject({ status: 'FAILED', ended_at: before.heartbeat_at });
      const resumed = await record.openSession(one, {
        ...{ source: 'x', config: null, streams: [stream(0)], resumes: sessionId },
      });
      expect((await sessionRow(resumed)).started_at).toEqual(after.ended_at);
    }
    expect(entries.length).toBeGreaterThanOrEqual(from);
  });

  it('are in the log, with what they were before', async () => {
    const { record } = domain;
    const one = await record.register('default', instance('logged'));
    const from = (await domain.reader.head('default')) - 1;
    const sessionId = await record.openSession(one, { source: 'x', config: null, streams: [stream(0)] });
    await record.closeSessions(one, [{ sessionId, streams: [] }], {
      status: 'TERMINATED',
      reason: 'by hand',
    });
    const head = await domain.reader.head('default');
    const page = await domain.reader.read({
      ...{ tenant: 'default', topics: ['lineage'], after: from, through: head, limit: 100 },
    });
    expect(page.entries.map(({ type, document }) => [type, 'status' in document && document.status])).toEqual(
      [
        ['CREATE', false],
        ['CREATE', 'ACTIVE'],
        ['UPDATE', 'TERMINATED'],
      ],
    );
    expect(page.entries[2]).toMatchObject({ before: { status: 'ACTIVE', streams: [{ name: 'a' }] } });
    expect(page.entries).toEqual(entries.slice(-3));
  });

  it('obey what is wanted: a standby waits to be told', async () => {
    const { record } = domain;
    const offers = [
      { streamServerId: streams[0] ?? 0, source: 'x' },
      { streamServerId: streams[1] ?? 0, source: 'y' },
    ];
    const active = await record.register('default', instance('active'));
    expect(await record.offer(active, offers)).toEqual(new Set(streams.slice(0, 2)));
    const standby = await record.register('default', instance('standby', { standby: true }));
    expect(await record.offer(standby, offers)).toEqual(new Set());
    await db.database.pool.query(
      'UPDATE instance_streams SET wanted = NOT wanted WHERE stream_id = $1 AND instance_id = ANY($2)',
      [streams[0], [active.instanceId, standby.instanceId]],
    );
    expect((await record.beat(active, [])).wanted).toEqual(new Set([streams[1]]));
    // What an operator decided outlives restarts.
    const again = await record.register('default', instance('standby', { standby: true }));
    expect(await record.offer(again, offers)).toEqual(new Set([streams[0]]));
    expect(await record.offer(again, offers.slice(1))).toEqual(new Set());
  });
});
