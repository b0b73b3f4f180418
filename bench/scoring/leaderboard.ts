import type pg from 'pg';
import { LEADERBOARD_SQL, readLeaderboard } from '../../server/domain/scoring/leaderboard.ts';
import { say, withDatabase } from './database.ts';

/**
 * `npm run bench:leaderboard`: what a leaderboard costs with half a million scored predictions and with five million, of
 * 1,000 peers on 40 streams. The sums that it reads are made by SQL as the scorer would leave them; what it never reads
 * (predictions and scores) is not made.
 */
const PEERS = 1_000;
const STREAMS = 40;
const TARGETS = [12, 125];
const RUNS = 15;

await withDatabase(async ({ pool }) => {
  await makePeersAndStreams(pool);
  const { rows } = await pool.query<{ uuid: string }>('SELECT uuid FROM streams ORDER BY id LIMIT 1');
  const streamUuid = rows[0]?.uuid ?? '';
  for (const targets of TARGETS) {
    await makeHistory(pool, targets);
    say(`${(PEERS * STREAMS * targets).toLocaleString('en')} scored predictions`);
    for (const window of [10, 100]) {
      say(`  one stream,  window ${window}: ${await median(pool, streamUuid, window)} ms`);
      say(`  all streams, window ${window}: ${await median(pool, null, window)} ms`);
    }
  }
  const plan = await pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ${LEADERBOARD_SQL.replaceAll('$1', "'default'")
      .replaceAll('$2', `'${streamUuid}'`)
      .replaceAll('$3', '100')
      .replaceAll('$4', '50')}`,
  );
  say('\nPlan of one stream, window 100, with the longest history:');
  for (const row of plan.rows) say(`  ${row['QUERY PLAN']}`);
});

async function makePeersAndStreams(pool: pg.Pool): Promise<void> {
  await pool.query("INSERT INTO tenants (name) VALUES ('default')");
  await pool.query(
    `INSERT INTO peers (tenant, public_key, name)
     SELECT 'default', rpad('peer' || n, 43, '-'), 'peer ' || n FROM generate_series(1, $1::int) AS n`,
    [PEERS],
  );
  await pool.query(
    `INSERT INTO streams (uuid, tenant, name, author)
     SELECT gen_random_uuid(), 'default', 'stream ' || n, (SELECT public_key FROM peers LIMIT 1)
       FROM generate_series(1, $1::int) AS n`,
    [STREAMS],
  );
}

async function makeHistory(pool: pg.Pool, targets: number): Promise<void> {
  await pool.query('TRUNCATE targets, tallies, forecasters');
  await pool.query(
    `INSERT INTO targets (tenant, stream_id, observed_at, horizon, position, base_observed_at, number, naive, naive_error,
                          scale, naive_scaled, count_sum, naive_sum, naive_scaled_sum)
     SELECT 'default', s.id, to_timestamp(n), 1, n, to_timestamp(n - 1), n, 1, 1.25, 1, 1.25, n, n * 1.25, n * 1.25
       FROM streams s, generate_series(1, $1::int) AS n`,
    [targets],
  );
  await pool.query(
    `INSERT INTO tallies (tenant, stream_id, peer_id, target, scored, error_sum, naive_sum, scaled_sum, naive_scaled_sum)
     SELECT 'default', s.id, p.id, n, n, n * (0.5 + (p.id * 37 % 100) / 100.0), n * 1.25,
            n * (0.5 + (p.id * 37 % 100) / 100.0), n * 1.25
       FROM generate_series(1, $1::int) AS n, streams s, peers p`,
    [targets],
  );
  await pool.query(
    `INSERT INTO forecasters (tenant, stream_id, peer_id, first_target)
     SELECT 'default', s.id, p.id, 1 FROM streams s, peers p`,
  );
  await pool.query('VACUUM ANALYZE targets, tallies, forecasters, streams, peers');
}

/** Median of the time that one leaderboard takes, in ms. */
async function median(pool: pg.Pool, streamUuid: string | null, window: number): Promise<string> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    await readLeaderboard(pool, 'default', { streamUuid, window, first: 50 });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return (times[Math.floor(RUNS / 2)] ?? 0).toFixed(1);
}
