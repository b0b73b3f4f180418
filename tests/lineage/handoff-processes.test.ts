import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { openTestDomain } from '../support/domain.ts';
import { freePort, Presage } from '../support/presage.ts';

/** The long form kills everybody at every step; the short one what is likeliest to go wrong. */
const LONG = process.env.PRESAGE_SOAK_SECONDS !== undefined;
const TIMEOUT_MS = LONG ? 1_200_000 : 90_000;
const READY = 'Presage is ready';
const HEARTBEAT_TIMEOUT_MS = 3_000;

type Side = 'east' | 'west';
type Victim = 'source' | 'target' | 'command';

let directory: string;
let db: TestDatabase;
let domain: OpenDomain;
const servers = {} as Record<Side, Presage>;
const ports = {} as Record<Side, number>;
let collector: Side = 'east';

function environment(): NodeJS.ProcessEnv {
  return {
    ...{ DATABASE_URL: db.url, PRESAGE_COLLECTOR_KEY: join(directory, 'collector.key') },
    ...{ PRESAGE_COLLECT_INTERVAL_MS: '500', PRESAGE_GAP_CADENCES: '12', PRESAGE_HEARTBEAT_MS: '200' },
    ...{ PRESAGE_HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS), PRESAGE_POOL_SIZE: '6' },
  };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-handoff-'));
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  for (const side of ['east', 'west'] as const) {
    ports[side] = await freePort();
    servers[side] = new Presage(
      [
        ...['serve', '--port', String(ports[side]), '--data-dir', join(directory, side), '--instance', side],
        ...['--standby', String(side === 'west'), '--collect', 'host'],
      ],
      environment(),
    );
  }
  await Promise.all([servers.east.start(READY), servers.west.start(READY)]);
  await until(async () => (await collecting('east')) > 3);
}, 60_000);
afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  await db?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

async function until(holds: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function collecting(side: Side): Promise<number> {
  const { rows } = await db.database.pool.query(
    `SELECT count(*)::int AS streams FROM session_streams x JOIN collection_sessions c ON c.id = x.session_id
       JOIN server_instances i ON i.id = c.instance_id
      WHERE i.name = $1 AND x.ended_at IS NULL AND c.status = 'ACTIVE'
        AND c.heartbeat_at > now() - $2 * interval '1 millisecond'`,
    [side, HEARTBEAT_TIMEOUT_MS],
  );
  return rows[0].streams;
}

async function state(): Promise<{ id: string; state: string; finished: boolean }> {
  const { rows } = await db.database.pool.query(
    'SELECT id, state, finished_at IS NOT NULL AS finished FROM handoffs ORDER BY started_at DESC LIMIT 1',
  );
  return rows[0] ?? { id: '', state: '', finished: true };
}

function command(by: Side, ...args: readonly string[]): Presage {
  const server = ['--server', `http://127.0.0.1:${ports[by]}`, '--data-dir', join(directory, by)];
  return new Presage(['handoff', ...args, ...server], environment());
}

async function coverageGaps(from: number) {
  const stretch = { from, to: Date.now() };
  const all = { streamUuid: null, kind: 'COVERAGE', minMs: 0, factor: 3, limit: 1_000 } as const;
  return domain.lineage.gaps('default', { ...all, stretch });
}

/** No step of any handoff is both done and failed, none overlaps the next, and what is over has none under way. */
async function expectNoContradiction(): Promise<void> {
  const { rows } = await db.database.pool.query(
    `SELECT m.handoff_id, m.step FROM migration_events m JOIN handoffs h ON h.id = m.handoff_id
      WHERE (m.status = 'STARTED') <> (h.finished_at IS NULL AND m.step = h.state)
         OR EXISTS (SELECT FROM migration_events o WHERE o.handoff_id = m.handoff_id AND o.id <> m.id
                     AND (o.step = m.step OR o.period && m.period))`,
  );
  expect(rows).toEqual([]);
}

/** Hands over to the other side, and kills somebody by SIGKILL once the handoff is at a step. */
async function handOver(victim: Victim, step: string): Promise<void> {
  const source = collector;
  const target: Side = source === 'east' ? 'west' : 'east';
  const before = await state();
  const by = victim === 'source' ? target : source;
  const from = Date.now();
  const first = command(by, '--from', source, '--to', target, '--step-timeout', '30');
  // Its first line comes once the handoff has begun.
  const running = first.start('Handoff ').catch(() => undefined);
  await until(async () => {
    const now = await state();
    return now.id !== before.id && (now.state === step || now.finished);
  });
  if (victim === 'command') await first.stop('SIGKILL');
  else await servers[victim === 'source' ? source : target].stop('SIGKILL');
  const killedAt = Date.now();
  await running;
  if (victim === 'command') {
    // Somebody else goes on, at another server.
    const second = command(target, '--resume');
    await second.start('ompleted').catch((error: Error) => {
      // It may be over already: servers drive it on.
      expect(error.message).toMatch(/No handoff is under way/);
    });
    await second.stop();
  } else {
    await servers[victim === 'source' ? source : target].start(READY);
  }
  await until(async () => (await state()).finished);
  await first.stop();
  const over = await state();
  collector = over.state === 'completed' ? target : source;
  const idle = collector === 'east' ? 'west' : 'east';
  await until(async () => (await collecting(collector)) > 3 && (await collecting(idle)) === 0);
  await expectNoContradiction();
  if (victim === 'command') expect(over.state).toBe('completed');
  const gaps = await coverageGaps(from);
  // Only where a process was killed that collected alone.
  const alone = victim === 'source' ? ['preparing', 'starting'] : ['stopping', 'confirming'];
  if (victim === 'command' || !alone.includes(step)) expect(gaps, `${victim} at ${step}`).toEqual([]);
  for (const gap of gaps) expect(gap.from).toBeGreaterThan(killedAt - HEARTBEAT_TIMEOUT_MS - 2_000);
}

const STEPS = ['preparing', 'starting', 'validating', 'stopping', 'confirming'];
const VICTIMS: readonly Victim[] = ['command', 'source', 'target'];
const SCENARIOS: readonly (readonly [Victim, string])[] = LONG
  ? VICTIMS.flatMap((victim) => STEPS.map((step) => [victim, step] as const))
  : [
      ['command', 'starting'],
      ['source', 'validating'],
    ];

/** Runs a command to its end, and gives what it wrote. */
async function output(...args: readonly string[]): Promise<string> {
  const server = [
    '--server',
    `http://127.0.0.1:${ports[collector]}`,
    '--data-dir',
    join(directory, collector),
  ];
  const presage = new Presage([...args, ...server], environment());
  await presage.start('never said').catch(() => undefined);
  return presage.output;
}

describe('the lineage of real servers', () => {
  it('is told by presage lineage, live, and as metrics', async () => {
    const stream = 'host_memory_used_bytes';
    expect(await output('lineage', 'instances')).toMatch(/east +alive .*\n(?:.*\n)*west +alive/);
    expect(await output('lineage', 'who', stream)).toMatch(/east .*active/);
    expect(await output('lineage', 'timeline', stream, '--last', '1h')).toMatch(
      /1 of 1 sessions; .* was covered/,
    );
    expect(await output('lineage', 'timeline', '--last', '1h')).toMatch(/east .*active/);
    const gaps = await output('lineage', 'gaps', stream, '--last', '1h', '--kind', 'coverage', '--json');
    expect(JSON.parse(gaps.split('\n')[0] ?? '')).toMatchObject({ kind: 'COVERAGE', open: false });
    expect(await output('lineage', 'gaps', stream, '--last', 'an hour')).toMatch(/"an hour" is no duration/);
    const metrics = await (await fetch(`http://127.0.0.1:${ports.east}/metrics`)).text();
    expect(metrics).toMatch(/presage_lineage_sessions_active 1\n/);
    expect(metrics).toMatch(/presage_lineage_handoffs_unfinished 0\n/);
    const client = createClient({
      url: `ws://127.0.0.1:${ports.west}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    const query = `subscription { lineage(where: { kind: { eq: "session" }, instance: { eq: "east" } }, snapshot: true, ready: true) {
      type id lineage { ... on CollectionSession { instance { name } status streams { name } } } } }`;
    const seen: { type: string; lineage: { status: string; instance: { name: string } } | null }[] = [];
    for await (const { data } of client.iterate<{ lineage: (typeof seen)[number] }>({ query })) {
      if (data) seen.push(data.lineage);
      if (seen.length === 2) break;
    }
    expect(seen.map(({ type }) => type).sort()).toEqual(['READY', 'SNAPSHOT']);
    const [snapshot] = seen.filter(({ type }) => type === 'SNAPSHOT');
    expect(snapshot?.lineage).toMatchObject({ status: 'ACTIVE', instance: { name: 'east' } });
    await client.dispose();
  }, 60_000);
});

describe('a handoff between servers', () => {
  it(
    'leaves no gap, whoever is killed',
    async () => {
      for (const [victim, step] of SCENARIOS) await handOver(victim, step);
    },
    TIMEOUT_MS,
  );

  it('can be looked at first, changing nothing', async () => {
    const target = collector === 'east' ? 'west' : 'east';
    const before = await state();
    const dry = command(collector, '--from', collector, '--to', target, '--dry-run');
    await dry.start('Steps: preparing > starting > validating > stopping > confirming > completed');
    await dry.stop();
    const wrong = command(collector, '--from', target, '--to', collector, '--dry-run');
    await wrong.start('Problem: ');
    expect(await state()).toEqual(before);
  });
});
