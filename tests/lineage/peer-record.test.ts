import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphqlClient } from '../../cli/client/graphql-client.ts';
import { ApiRecord } from '../../cli/collect/api-record.ts';
import { apiSink } from '../../cli/collect/api-sink.ts';
import { instanceStorage } from '../../cli/serve/instance-storage.ts';
import { PresageError } from '../../schema/errors.ts';
import type { Actor } from '../../server/domain/actor.ts';
import { LocalControl } from '../../server/domain/control/local-control.ts';
import { DEFAULT_LINEAGE_SETTINGS } from '../../server/domain/lineage/settings.ts';
import { sweep } from '../../server/domain/lineage/sweep.ts';
import { CommitFeed } from '../../server/domain/log/commit-feed.ts';
import { LogWriter } from '../../server/domain/log/log-writer.ts';
import { at, textAt } from '../../server/graphql/testing/reading.ts';
import { newKey, openTestApi, type TestApi, type TestKey } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { TestProcess } from './network.ts';

const SETTINGS = { ...DEFAULT_LINEAGE_SETTINGS, heartbeatTimeoutMs: 2_000, instancesPerPeer: 5 };
const BEAT_MS = 100;

let db: TestDatabase;
let api: TestApi;
let operator: Actor;
let root = '';
/** Whether the API answers the collectors of `collector`. */
let away = false;
/** The answer to the next session that is opened gets lost. */
let losing = false;
let serial = 0;

beforeAll(async () => {
  db = await openTestDatabase();
  const key = newKey();
  api = await openTestApi(db.database, { operatorKeys: [key.publicKey] }, {}, new LocalControl(), {
    ...{ lineage: SETTINGS, storage: instanceStorage() },
  });
  root = await api.token(key);
  operator = (await api.domain.peers.verify(root)).actor;
});
afterAll(async () => {
  await api?.close();
  await db?.close();
});

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** A peer with a stream and, unless it says otherwise, a registered instance. */
async function makePeer() {
  serial += 1;
  const key = newKey();
  const token = await api.token(key);
  const { actor } = await api.domain.peers.verify(token);
  const stream = await api.domain.streams.create(actor, { name: `stream ${serial}` });
  const instance = { name: `peer-${serial}`, run: crypto.randomUUID() };
  return { key, token, actor, stream, instance };
}

const CALLS = {
  registerInstance: '($input: NewInstanceInput!) { registerInstance(input: $input) }',
  offerStreams:
    '($instance: InstanceRun!, $streams: [OfferInput!]!) { offerStreams(instance: $instance, streams: $streams) }',
  openSession:
    '($instance: InstanceRun!, $input: OpenSessionInput!) { openSession(instance: $instance, input: $input) }',
  changeSessionStreams:
    '($instance: InstanceRun!, $session: ID!, $stop: [ID!]) { changeSessionStreams(instance: $instance, session: $session, stop: $stop) }',
  beat: '($instance: InstanceRun!, $sessions: [SessionCountsInput!]!) { beat(instance: $instance, sessions: $sessions) { current active wanted } }',
  closeSessions:
    '($instance: InstanceRun!, $sessions: [SessionCountsInput!]!) { closeSessions(instance: $instance, sessions: $sessions, reason: "done") }',
} as const;

/** What a call gives, or the code that it is refused with. */
async function call(name: keyof typeof CALLS, variables: object, token: string) {
  const { data, errors } = await api.query(`mutation${CALLS[name]}`, variables, token);
  return errors?.[0] ? errors[0].extensions.code : at(data, name);
}

/** The id of a session that could be opened. */
async function opened(opening: object, token: string): Promise<string> {
  return textAt({ session: await call('openSession', opening, token) }, 'session');
}

function register(instance: object, token: string) {
  const input = { version: '1', environment: 'test', ...instance };
  return call('registerInstance', { input }, token);
}

async function sessionRow(id: string | number) {
  const { rows } = await db.database.pool.query('SELECT * FROM collection_sessions WHERE id = $1', [id]);
  return rows[0];
}

describe('a peer keeps the record of its own instance', () => {
  it('and what is said twice counts once', async () => {
    const { token, stream, instance } = await makePeer();
    expect(await register(instance, token)).toBe(true);
    const offer = { instance, streams: [{ stream: stream.uuid, source: 'x' }] };
    expect(await call('offerStreams', offer, token)).toEqual([stream.uuid]);
    const opening = { instance, input: { source: 'x', streams: [{ stream: stream.uuid, symbol: 'S' }] } };
    const session = await opened(opening, token);
    expect(await call('openSession', opening, token)).toBe(session);
    expect(await register(instance, token)).toBe(true);
    const counts = { stream: stream.uuid, messages: 3, bytes: 30, lastMessageAt: '2026-01-01T00:00:00.000Z' };
    const beating = { instance, sessions: [{ session, streams: [counts] }] };
    const answer = { current: true, active: [session], wanted: [stream.uuid] };
    expect(await call('beat', beating, token)).toEqual(answer);
    expect(await call('beat', beating, token)).toEqual(answer);
    expect(await sessionRow(session)).toMatchObject({ status: 'ACTIVE', messages: '3', bytes: '30' });
    expect(await call('closeSessions', beating, token)).toBe(true);
    expect(await call('closeSessions', beating, token)).toBe(true);
    expect(await sessionRow(session)).toMatchObject({ status: 'COMPLETED', messages: '3', reason: 'done' });
    // Another process of the same peer takes the name over, and the one before is told to stop.
    expect(await register({ ...instance, run: crypto.randomUUID() }, token)).toBe(true);
    expect(await call('beat', beating, token)).toEqual({ current: false, active: [], wanted: [] });
    expect(await call('openSession', opening, token)).toBe('CONFLICT');
  });

  it('and no other peer can touch it, even by what it should not know', async () => {
    const { token, stream, instance } = await makePeer();
    await register(instance, token);
    const streams = [{ stream: stream.uuid }];
    const session = await opened({ instance, input: { source: 'x', streams } }, token);
    const other = await makePeer();
    const by = other.token;
    expect(await register({ ...instance, run: crypto.randomUUID() }, by)).toBe('CONFLICT');
    expect(await register(instance, by)).toBe('CONFLICT');
    const offer = { instance, streams: [{ stream: other.stream.uuid, source: 'x' }] };
    expect(await call('offerStreams', offer, by)).toBe('CONFLICT');
    expect(await call('openSession', { instance, input: { source: 'y', streams: [] } }, by)).toBe('CONFLICT');
    expect(await call('changeSessionStreams', { instance, session, stop: [] }, by)).toBe('CONFLICT');
    expect(await call('closeSessions', { instance, sessions: [{ session }] }, by)).toBe('CONFLICT');
    expect(at(await call('beat', { instance, sessions: [{ session }] }, by), 'current')).toBe(false);
    // Nor a session of it, by an instance of its own.
    await register(other.instance, by);
    const own = { instance: other.instance };
    expect(at(await call('beat', { ...own, sessions: [{ session }] }, by), 'active')).toEqual([]);
    expect(await call('changeSessionStreams', { ...own, session, stop: [] }, by)).toBe('CONFLICT');
    expect(await call('closeSessions', { ...own, sessions: [{ session }] }, by)).toBe(true);
    const resuming = { ...own, input: { source: 'x', streams: [], resumes: session } };
    expect((await sessionRow(await opened(resuming, by))).resumes).toBeNull();
    expect(await sessionRow(session)).toMatchObject({ status: 'ACTIVE' });
    // Nor its stream.
    const foreign = { ...own, streams: [{ stream: stream.uuid, source: 'x' }] };
    expect(await call('offerStreams', foreign, by)).toBe('FORBIDDEN');
    expect(await call('openSession', { ...own, input: { source: 'z', streams } }, by)).toBe('FORBIDDEN');
    const nobodys = { ...own, streams: [{ stream: crypto.randomUUID(), source: 'x' }] };
    expect(await call('offerStreams', nobodys, by)).toBe('NOT_FOUND');
    // Its owner may retire it, and operators; others may not.
    const retire = (who: string) =>
      api.query(`mutation { retireInstance(instance: "${instance.name}") }`, {}, who);
    expect((await retire(by)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await retire(token)).data).toEqual({ retireInstance: true });
    expect(await sessionRow(session)).toMatchObject({ status: 'TERMINATED' });
    await register(instance, token);
    expect((await retire(root)).data).toEqual({ retireInstance: true });
  });

  it('and a name is taken in its own tenant only', async () => {
    const { token, instance } = await makePeer();
    await register(instance, token);
    await api.query('mutation { createTenant(name: "elsewhere") { name } }', {}, root);
    const made = await api.query(
      'mutation { createJoinCode(input: { tenant: "elsewhere", role: PEER }) { code } }',
      {},
      root,
    );
    const there = await api.token(newKey(), { joinCode: textAt(made.data, 'createJoinCode.code') });
    expect(await register({ ...instance, run: crypto.randomUUID() }, there)).toBe(true);
    expect(at(await call('beat', { instance, sessions: [] }, there), 'current')).toBe(false);
    expect(at(await call('beat', { instance, sessions: [] }, token), 'current')).toBe(true);
  });

  it('within limits', async () => {
    const { token, instance, stream } = await makePeer();
    await register(instance, token);
    for (let n = 1; n < SETTINGS.instancesPerPeer; n++) {
      const more = { name: `${instance.name}-${n}`, run: crypto.randomUUID() };
      expect(await register(more, token)).toBe(true);
    }
    expect(await register({ name: 'too-many', run: crypto.randomUUID() }, token)).toBe('LIMITED');
    expect(await register({ name: 'no uuid', run: 'x' }, token)).toBe('BAD_INPUT');
    expect(await register({ name: instance.name, run: instance.run, version: '' }, token)).toBe('BAD_INPUT');
    const streams = [{ stream: stream.uuid, symbol: 'x'.repeat(201) }];
    expect(await call('openSession', { instance, input: { source: 'x', streams } }, token)).toBe('BAD_INPUT');
    const config = { text: 'x'.repeat(16_384) };
    const large = { instance, input: { source: 'x', config, streams: [] } };
    expect(await call('openSession', large, token)).toBe('BAD_INPUT');
    const negative = [{ session: '1', streams: [{ stream: stream.uuid, messages: -1 }] }];
    expect(await call('beat', { instance, sessions: negative }, token)).toBe('BAD_INPUT');
    expect(await call('closeSessions', { instance, sessions: [] }, 'no token')).toBe('UNAUTHENTICATED');
  });

  it('and can name no place where anybody would ask or look', async () => {
    const { token, stream, instance } = await makePeer();
    const place = { host: '127.0.0.1', port: Number(new URL(api.url).port), storagePath: process.cwd() };
    for (const [field, value] of Object.entries(place)) {
      expect(await register({ ...instance, [field]: value }, token)).not.toBe(true);
    }
    await register(instance, token);
    const input = { source: 'x', streams: [{ stream: stream.uuid }] };
    await call('openSession', { instance, input }, token);
    const { rows } = await db.database.pool.query(
      'SELECT port, storage_path FROM server_instances WHERE name = $1',
      [instance.name],
    );
    expect(rows).toEqual([{ port: null, storage_path: '' }]);
    for (const local of [true, false]) {
      const { data } = await api.query(
        `{ buffer(stream: "${stream.uuid}", last: "1h", local: ${local}) { rows { value } instances { name unreachable } } }`,
        {},
        token,
      );
      const unreachable = expect.stringContaining('no API that could be asked');
      expect(at(data, 'buffer')).toEqual({ rows: [], instances: [{ name: instance.name, unreachable }] });
    }
  });
});

describe('an instance that collects over the API', () => {
  /** A process of a peer, as `presage collect` is one. */
  function collector(name: string, key: TestKey, actor: Actor, stream: string, standby: boolean) {
    const serverUrl = new URL(api.url).origin;
    const client = new GraphqlClient({ serverUrl, key: async () => ({ ...key, created: false }) });
    const request: GraphqlClient['request'] = async (...given) => {
      if (away) throw new PresageError('UNAVAILABLE', 'away');
      const answer = await client.request(...given);
      if (!losing || !given[0].text.includes('openSession')) return answer;
      losing = false;
      throw new PresageError('UNAVAILABLE', 'lost');
    };
    const record = new ApiRecord({ request });
    const sink = apiSink(client, async () => key.publicKey);
    return TestProcess.start({
      ...{ domain: api.domain, actor, name, standby, streams: [{ name: stream }], beatMs: BEAT_MS },
      over: { record, ensure: async (wanted) => record.numberOf(await sink.ensure(wanted)) },
    });
  }

  const collecting = async (uuid: string) =>
    (await api.domain.lineage.collectingAt('default', uuid, Date.now()))
      .filter(({ open }) => open)
      .map(({ instance }) => instance.name);

  async function handOver(from: string, to: string, strategy: 'BLUE_GREEN' | 'MAINTENANCE') {
    const { id } = await api.domain.handoffs.start(operator, null, {
      ...{ from, to, strategy, streams: null, stepTimeoutMs: 15_000, windowMs: 15_000 },
    });
    const over = await until(
      () => api.domain.handoffs.advance(operator, null, id),
      ({ finishedAt }) => finishedAt !== null,
    );
    expect(over).toMatchObject({ state: 'completed', reason: null });
  }

  it('takes over from a server, and hands over to another of its kind', async () => {
    const { key, actor, stream } = await makePeer();
    const parts = { domain: api.domain, actor, streams: [{ name: stream.name }], beatMs: BEAT_MS };
    const [inside, one, two] = [`inside-${serial}`, `one-${serial}`, `two-${serial}`];
    const from = Date.now();
    const processes = [
      await TestProcess.start({ ...parts, name: inside, standby: false }),
      await collector(one, key, actor, stream.name, true),
      await collector(two, key, actor, stream.name, true),
    ];
    const isWith = (name: string) =>
      until(
        () => collecting(stream.uuid),
        (found) => found.join() === name,
      );
    await isWith(inside);
    const begun = Date.now();
    await handOver(inside, one, 'BLUE_GREEN');
    await isWith(one);
    const gaps = await api.domain.lineage.gaps('default', {
      ...{ streamUuid: stream.uuid, kind: 'COVERAGE', minMs: 0, factor: 3, limit: 10 },
      stretch: { from: begun, to: Date.now() },
    });
    expect(gaps).toEqual([]);
    await handOver(one, two, 'MAINTENANCE');
    await isWith(two);
    for (const process of processes) await process.stop();
    const { entries } = await api.domain.lineage.timeline('default', {
      ...{ streamUuid: stream.uuid, stretch: { from, to: Date.now() }, limit: 10 },
    });
    expect(entries.map(({ instance, status }) => [instance.name, status])).toEqual(
      [inside, one, two].map((name) => [name, 'COMPLETED']),
    );
  }, 60_000);

  it('goes on from where it was taken for dead, once the API is back', async () => {
    const { key, actor, stream } = await makePeer();
    const name = `away-${serial}`;
    const process = await collector(name, key, actor, stream.name, false);
    await until(
      () => collecting(stream.uuid),
      (found) => found.length === 1,
    );
    away = true;
    const writer = new LogWriter(db.database.tenants, new CommitFeed(() => undefined), Date.now);
    const sessions = async () => {
      const { rows } = await db.database.pool.query(
        `SELECT c.id, c.status, c.messages::int, c.resumes, c.started_at, c.ended_at FROM collection_sessions c
           JOIN server_instances i ON i.id = c.instance_id WHERE i.name = $1 ORDER BY c.id`,
        [name],
      );
      return rows;
    };
    // What a server's watch does.
    const noticed = async () => {
      await sweep(writer, 'default', SETTINGS.heartbeatTimeoutMs);
      return sessions();
    };
    await until(noticed, ([only]) => only?.status === 'FAILED');
    losing = true;
    away = false;
    await until(sessions, (rows) => (rows[1]?.messages ?? 0) > 0);
    await process.stop();
    const [first, second, ...others] = await sessions();
    expect(others).toEqual([]);
    expect(losing).toBe(false);
    expect(first).toMatchObject({ status: 'FAILED' });
    expect(second).toMatchObject({
      ...{ status: 'COMPLETED', resumes: first.id, started_at: first.ended_at },
    });
    // What was collected while the API was away counts too; one may have been under way at the end.
    const { rows } = await db.database.pool.query(
      'SELECT count(*)::int AS all FROM observations o JOIN streams s ON s.id = o.stream_id WHERE s.uuid = $1',
      [stream.uuid],
    );
    expect(rows[0].all - first.messages - second.messages).toBeGreaterThanOrEqual(0);
    expect(rows[0].all - first.messages - second.messages).toBeLessThanOrEqual(1);
  }, 40_000);
});
