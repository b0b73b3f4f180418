import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Actor } from '../server/domain/actor.ts';
import type { OpenDomain } from '../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from './support/database.ts';
import { makeActor, openTestDomain } from './support/domain.ts';

let db: TestDatabase;
/** Two processes as far as caches go. */
let here: OpenDomain;
let there: OpenDomain;
let author: Actor;
beforeAll(async () => {
  db = await openTestDatabase();
  [here, there] = await Promise.all([openTestDomain(db.database), openTestDomain(db.database)]);
  author = await makeActor(db.database, 'ada');
});
afterAll(() => db.close());

it('ends a stream for those in line behind it: what they are told is what the log has', async () => {
  for (let turns = 0; turns < 40; turns += 1) {
    const { uuid } = await here.streams.create(author, { name: `in line ${turns}` });
    const publish = (value: number) => here.observations.publish(author, [{ streamUuid: uuid, value }]);
    await publish(0);
    const before = await here.reader.head('default');
    // Nobody else writes yet, so nothing but its own memory tells this process. The later it is asked, the further the
    // archival is: from before its transaction to after its end.
    const archiving = here.streams.archive(author, uuid);
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    await Promise.all([publish(1), archiving]);
    const read = { tenant: 'default', topics: ['stream', 'observation'] as const, after: before, limit: 100 };
    const { entries } = await here.reader.read({ ...read, through: await here.reader.head('default') });
    expect(entries.at(-1)?.topic).toBe('stream');
  }
});

it('ends a stream at once for every process that knew it, whatever they write first', async () => {
  for (const first of ['observation', 'prediction'] as const) {
    const { uuid } = await here.streams.create(author, { name: `ends for ${first}` });
    const item = { streamUuid: uuid, value: 1 };
    const { position } = await there.observations.publish(author, [item]);
    const base = (await there.observations.latestOf('default', [await serverId(uuid)])).values().next().value;
    const prediction = { streamUuid: uuid, value: 1, baseHash: base?.hash ?? '' };
    expect(await there.predictions.submit(author, [prediction])).toMatchObject({ successful: 1 });
    const archived = await here.streams.archive(author, uuid);
    expect(archived.archivedAt).not.toBeNull();
    const publish = () => there.observations.publish(author, [item]);
    const submit = () => there.predictions.submit(author, [{ ...prediction, value: 2 }]);
    const [one, other] = first === 'observation' ? [publish, submit] : [submit, publish];
    expect((await one()).errors).toMatchObject([{ code: 'ARCHIVED' }]);
    expect((await other()).errors).toMatchObject([{ code: 'ARCHIVED' }]);
    expect((await here.observations.publish(author, [item])).errors).toMatchObject([{ code: 'ARCHIVED' }]);
    expect(await here.streams.archive(author, uuid)).toEqual(archived);
    const read = { tenant: 'default', topics: ['stream'] as const, after: position, limit: 10 };
    const { entries } = await here.reader.read({ ...read, through: await here.reader.head('default') });
    expect(entries).toMatchObject([
      { type: 'UPDATE', before: { archivedAt: null }, document: { archivedAt: archived.archivedAt } },
    ]);
  }
});

it('is for the author, of a stream that is there', async () => {
  const { uuid } = await here.streams.create(author, { name: 'kept' });
  const eve = await makeActor(db.database, 'eve');
  await expect(here.streams.archive(eve, uuid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const unknown = '00000000-0000-4000-8000-000000000000';
  await expect(here.streams.archive(author, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('shows in other processes soon', async () => {
  const { uuid } = await here.streams.create(author, { name: 'shown' });
  await there.streams.find('default', { uuid });
  for (const task of there.background) task.start();
  await here.streams.archive(author, uuid);
  await expect
    .poll(async () => (await there.streams.find('default', { uuid }))?.archivedAt ?? null, {
      timeout: 10_000,
    })
    .not.toBeNull();
  await Promise.all(there.background.map((task) => task.stop()));
});

async function serverId(uuid: string): Promise<number> {
  return (await here.streams.find('default', { uuid }))?.serverId ?? 0;
}
