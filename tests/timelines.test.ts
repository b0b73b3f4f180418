import { afterAll, beforeAll, expect, it } from 'vitest';
import { cursorMark, decodeCursor, encodeCursor } from '../schema/cursor.ts';
import { PresageError } from '../schema/errors.ts';
import type { LogEntry } from '../schema/log-entry.ts';
import type { Actor } from '../server/domain/actor.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor, openTestDomain } from './support/domain.ts';

let db: TestDatabase;
let actor: Actor;
let uuid: string;
let row = 0;

beforeAll(async () => {
  db = await openTestDatabase();
  const domain = await openTestDomain(db.database);
  actor = await makeActor(db.database, 'a');
  ({ uuid } = await domain.streams.create(actor, { name: 'a' }));
}, 60_000);
afterAll(() => db?.close());

/** One more observation; gives the position of the log then. */
async function publish(domain: OpenDomain): Promise<number> {
  row += 1;
  const item = { streamUuid: uuid, value: String(row), observedAt: new Date(row * 1_000).toISOString() };
  const { position, failed } = await domain.observations.publish(actor, [item]);
  expect(failed).toBe(0);
  return position;
}

/** Takes everything after a position out of the log, as a dump of then that is read back does. */
async function putBack(position: number): Promise<void> {
  await db.database.pool.query(
    `WITH gone AS (DELETE FROM observations WHERE position > ${position}),
          head AS (UPDATE log_heads SET position = ${position})
     UPDATE stream_heads h SET hash = o.hash, last_observed_at = o.observed_at, links = o.links
       FROM (SELECT hash, observed_at, row_number() OVER (ORDER BY position) AS links FROM observations
              WHERE position <= ${position} ORDER BY position DESC LIMIT 1) AS o`,
  );
}

/** What a run of the database leaves in the head row, as a copy or a replica finds it. */
async function runAnew(): Promise<void> {
  await db.database.pool.query("UPDATE log_heads SET server_started = server_started - interval '1 day'");
}

const refusal = (call: Promise<unknown>): Promise<PresageError | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => (error instanceof PresageError ? error : Promise.reject(error)),
  );

it('a run of the database begins a timeline, and nobody who remembers all of the log notices', async () => {
  const domain = await openTestDomain(db.database);
  const before = await domain.log.cursor('default', await publish(domain));
  await runAnew();
  const after = await domain.log.cursor('default', await publish(domain));
  expect(cursorMark(after)).not.toBe(cursorMark(before));
  expect(await domain.log.resume('default', before)).toBe(decodeCursor('default', before));
  expect(await domain.log.resume('default', after)).toBe(decodeCursor('default', after));
  const other = await openTestDomain(db.database);
  expect(await other.log.cursor('default', decodeCursor('default', before))).toBe(before);
});

it('a cursor of what is lost is refused, wherever the log is by now, with the end of what is not', async () => {
  const lost = await openTestDomain(db.database);
  const kept = await publish(lost);
  const cursors: string[] = [];
  for (let n = 0; n < 3; n += 1) cursors.push(await lost.log.cursor('default', await publish(lost)));
  await putBack(kept);
  await runAnew();
  const domain = await openTestDomain(db.database);
  // Before anything is written, and after as much and more was.
  for (let n = 0; n < 5; n += 1) {
    for (const cursor of cursors) {
      const error = await refusal(domain.log.resume('default', cursor));
      expect(error?.code).toBe('LOG_TRUNCATED');
      const resumeAfter = String(error?.details.resumeAfter);
      expect(await domain.log.resume('default', resumeAfter)).toBe(kept);
    }
    await publish(domain);
  }
  // Its own are taken, and so are places without a timeline, as far as the log goes.
  const head = await domain.log.head('default');
  expect(await domain.log.resume('default', await domain.log.cursor('default', head))).toBe(head);
  expect(await domain.log.resume('default', encodeCursor('default', head))).toBe(head);
  expect((await refusal(domain.log.resume('default', encodeCursor('default', head + 1))))?.code).toBe(
    'BAD_CURSOR',
  );
  expect((await refusal(domain.log.resume('default', encodeCursor('default', 1, 'nonsense'))))?.code).toBe(
    'LOG_TRUNCATED',
  );
  // One whose timeline is lost as a whole still says where that began.
  const [latest] = cursors.slice(-1);
  const mark = `00000000-${kept.toString(36)}-${cursorMark(latest ?? '')?.split('-')[0]}`;
  const error = await refusal(domain.log.resume('default', encodeCursor('default', head, mark)));
  expect(await domain.log.resume('default', String(error?.details.resumeAfter))).toBe(kept);
});

it('a writer that remembers what is lost writes nothing, though the log is as long again', async () => {
  const remembers = await openTestDomain(db.database);
  const kept = await publish(remembers);
  await publish(remembers);
  const known = await publish(remembers);
  await putBack(kept);
  // The run of the database is the same: nothing but what this process has seen tells that the log went back.
  const other = await openTestDomain(db.database);
  await publish(other);
  await runAnew();
  expect(await publish(other)).toBe(known);
  const told: LogEntry[] = [];
  remembers.log.onCommit((_tenant, entries) => told.push(...entries));
  row += 1;
  const item = { streamUuid: uuid, value: '1', observedAt: new Date(row * 1_000).toISOString() };
  const error = await refusal(remembers.observations.publish(actor, [item]));
  expect(error?.code).toBe('UNAVAILABLE');
  expect(told).toEqual([]);
  expect(await remembers.wentBack).toMatchObject({ tenant: 'default', seen: known });
  const report = await other.observations.verifyChain('default', uuid);
  expect(report).toMatchObject({ ok: true });
});

it('a page that was read across the change is not given', async () => {
  const domain = await openTestDomain(db.database);
  const kept = await publish(domain);
  const through = await publish(domain);
  await domain.reader.head('default');
  await putBack(kept);
  const read = { tenant: 'default', topics: ['observation'], after: 0, through, limit: 1_000 } as const;
  expect((await refusal(domain.reader.read(read)))?.code).toBe('UNAVAILABLE');
});
