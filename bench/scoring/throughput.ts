import type { StreamDocument } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { createTenant } from '../../server/domain/tenant/create-tenant.ts';
import type { Database } from '../../server/storage/database.ts';
import { openTestDomain } from '../../tests/support/domain.ts';
import { say, withDatabase } from './database.ts';

/**
 * `npm run bench:scoring`: predictions that are accepted and scored a second, in process through the domain, and how
 * long the consensus of all streams takes when everybody has predicted: 1,000 peers that predict 40 streams round after
 * round, each in one call a round.
 */
const PEERS = 1_000;
const STREAMS = 40;
const ROUNDS = 8;

await withDatabase(async (database) => {
  await createTenant(database, 'default');
  const actors = await makeActors(database);
  const domain = await openTestDomain(
    database,
    {},
    new Map(actors.map((actor) => [actor.peer.publicKey, actor])),
  );
  const [author] = actors;
  if (!author) throw new Error('there are peers');
  const streams: StreamDocument[] = [];
  for (let n = 0; n < STREAMS; n += 1) streams.push(await domain.streams.create(author, { name: `s${n}` }));
  const ids = streams.map(({ serverId }) => serverId);
  const publish = (round: number) =>
    domain.observations.publish(
      author,
      streams.map(({ uuid }, n) => ({
        ...{ streamUuid: uuid, value: Math.sin(round + n).toFixed(6) },
        observedAt: new Date(1_700_000_000_000 + round * 60_000).toISOString(),
      })),
    );
  await publish(0);
  say('round  predictions so far  accepted/s  scored/s  consensus of all streams');
  for (let round = 1; round <= ROUNDS; round += 1) {
    const accepted = await timed(() => predict(domain, actors, ids, round));
    const forecast = await timed(() => domain.forecaster.catchUp('default'));
    await publish(round);
    const scored = await timed(() => domain.scorer.catchUp('default'));
    const each = PEERS * STREAMS;
    const cells = [
      ...[round, (each * round).toLocaleString('en'), rate(each, accepted), rate(each, scored)],
      `${Math.round(forecast * 1_000)} ms`,
    ];
    say(cells.map((cell, n) => String(cell).padStart([5, 20, 12, 10, 26][n] ?? 0)).join(''));
  }
});

async function predict(
  domain: OpenDomain,
  actors: readonly Actor[],
  ids: readonly number[],
  round: number,
): Promise<void> {
  const latest = [...(await domain.observations.latestOf('default', ids)).values()];
  const reports = await Promise.all(
    actors.map((actor, n) =>
      domain.predictions.submit(
        actor,
        latest.map(({ stream, hash }) => ({
          ...{ streamUuid: stream.uuid, baseHash: hash, value: Math.cos(round * n).toFixed(6) },
        })),
      ),
    ),
  );
  if (reports.some(({ successful }) => successful !== ids.length))
    throw new Error('predictions were refused');
}

async function makeActors({ pool }: Database): Promise<readonly Actor[]> {
  const { rows } = await pool.query<{ id: number; publicKey: string }>(
    `INSERT INTO peers (tenant, public_key, name)
     SELECT 'default', rpad('peer' || n, 43, '-'), 'peer ' || n FROM generate_series(1, $1::int) AS n
     RETURNING id, public_key AS "publicKey"`,
    [PEERS],
  );
  return rows.map((row) => ({
    tenant: 'default',
    peer: { ...row, name: null, role: 'PEER', createdAt: 0 },
  }));
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return (performance.now() - start) / 1_000;
}

function rate(count: number, seconds: number): string {
  return Math.round(count / seconds).toLocaleString('en');
}
