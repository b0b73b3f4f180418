import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { IS_SOAK } from '../faults/support/form.ts';
import { HandoffGround } from './handoff-ground.ts';
import { killsOf, STRATEGIES } from './handoff-kills.ts';
import { HandoffPair } from './handoff-pair.ts';

let ground: HandoffGround;
let pair: HandoffPair;

beforeAll(async () => {
  ground = await HandoffGround.open('collect');
  pair = new HandoffPair(ground);
}, 60_000);
afterAll(() => ground?.close());

describe('a handoff between two presage collect', () => {
  // The short form kills servers at all types already: here it is enough to see that these obey, too.
  it.each(IS_SOAK ? STRATEGIES : (['BLUE_GREEN'] as const))(
    'by %s leaves no gap of its own, whoever is killed',
    async (strategy) => {
      for (const kill of killsOf(strategy, 1)) await pair.handOver(kill);
    },
    IS_SOAK ? 1_200_000 : 120_000,
  );
});

interface Seen {
  readonly type: string;
  readonly id: string | null;
  readonly cursor: string;
  readonly lineage: {
    readonly __typename: string;
    readonly status?: string;
    readonly reason?: string;
  } | null;
}

/** What a client of the subscription is told of an instance, until `isEnough`. */
async function told(variables: object, isEnough: (seen: readonly Seen[]) => boolean): Promise<Seen[]> {
  const url = `${ground.url('east').replace('http', 'ws')}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  const query = `subscription ($after: Cursor, $includeData: Boolean) {
    lineage(where: { instance: { eq: "third" } }, ready: true, after: $after, includeData: $includeData) {
      type id cursor lineage { __typename ... on CollectionSession { status reason } } } }`;
  const seen: Seen[] = [];
  try {
    for await (const { data, errors } of client.iterate<{ lineage: Seen }>({
      query,
      variables: { ...variables },
    })) {
      if (errors) throw new Error(errors.map(({ message }) => message).join());
      if (data) seen.push(data.lineage);
      if (isEnough(seen)) return seen;
    }
  } finally {
    await client.dispose();
  }
  throw new Error('the subscription ended');
}

const HOUR_MS = 3_600_000;

describe('a presage collect that is stopped in order', () => {
  it('replays files in compressed time, ends its session, and is seen to, live and afterwards', async () => {
    mkdirSync(join(ground.directory, 'old'));
    const begun = Date.UTC(2026, 0, 1);
    const rows = [0, 1, 2].map((hour) => `${begun + hour * HOUR_MS},${hour}.5\n`);
    writeFileSync(join(ground.directory, 'old', 'tide.csv'), `ts,value\n${rows.join('')}`);
    const file = join(ground.directory, 'third.yaml');
    // An hour goes by in half a second.
    writeFileSync(file, 'sources: [{ type: csv, folder: old, speed: 7200, every: 100ms }]\n');
    const isOver = (seen: readonly Seen[]) => seen.at(-1)?.lineage?.status === 'COMPLETED';
    const live = told({}, isOver);
    const third = ground.collector('third', file);
    await third.start('Collecting.');
    const values = async () => {
      const { rows: found } = await ground.database.pool.query(
        `SELECT o.value::float8 AS value, (extract(epoch FROM o.observed_at) * 1000)::float8 AS at FROM observations o
           JOIN streams s ON s.id = o.stream_id WHERE s.name = 'tide' ORDER BY o.observed_at`,
      );
      return found;
    };
    await ground.until(async () => (await values()).length === 3);
    expect(await third.stop('SIGTERM')).toBe(0);
    const replayed = await values();
    expect(replayed.map(({ value, at }) => [value, at - replayed[0].at])).toEqual([
      [0.5, 0],
      [1.5, 500],
      [2.5, 1_000],
    ]);
    const seen = await live;
    expect(seen.map(({ type }) => type).slice(0, 2)).toEqual(['READY', 'CREATE']);
    expect(seen[1]?.lineage).toEqual({ __typename: 'ServerInstance' });
    expect(seen.at(-1)).toMatchObject({
      type: 'UPDATE',
      lineage: { __typename: 'CollectionSession', reason: 'The instance stopped.' },
    });
    // Somebody who had seen the first event only goes on from there, with the same events and no others.
    const [, first, ...rest] = seen;
    const resumed = await told({ after: first?.cursor }, isOver);
    expect(resumed.filter(({ type }) => type !== 'READY')).toEqual(rest);
    const bare = await told(
      { after: first?.cursor, includeData: false },
      (all) => all.length === resumed.length,
    );
    expect(bare).toEqual(resumed.map((event) => ({ ...event, lineage: null })));
  }, 60_000);
});
