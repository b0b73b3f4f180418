import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { IS_SOAK } from '../faults/support/form.ts';
import { HandoffGround } from './handoff-ground.ts';
import { killsOf, STRATEGIES } from './handoff-kills.ts';
import { HandoffPair } from './handoff-pair.ts';

const TIMEOUT_MS = IS_SOAK ? 1_200_000 : 120_000;

let ground: HandoffGround;
let pair: HandoffPair;

beforeAll(async () => {
  ground = await HandoffGround.open('serve');
  pair = new HandoffPair(ground);
}, 60_000);
afterAll(() => ground?.close());

/** Runs a command to its end, and gives what it wrote. */
async function output(...args: readonly string[]): Promise<string> {
  const presage = ground.run(pair.side, args);
  await presage.start('never said').catch(() => undefined);
  return presage.output;
}

describe('the lineage of real servers', () => {
  it('is told by presage lineage, live, and as metrics', async () => {
    expect(await output('lineage', 'instances')).toMatch(/east +alive .*\n(?:.*\n)*west +alive/);
    expect(await output('lineage', 'who', 'x')).toMatch(/east .*active/);
    expect(await output('lineage', 'timeline', 'x', '--last', '1h')).toMatch(
      /1 of 1 sessions; .* was covered/,
    );
    expect(await output('lineage', 'timeline', '--last', '1h')).toMatch(/east .*active/);
    const gaps = await output('lineage', 'gaps', 'x', '--last', '1h', '--kind', 'coverage', '--json');
    expect(JSON.parse(gaps.split('\n')[0] ?? '')).toMatchObject({ kind: 'COVERAGE', open: false });
    const lengths = gaps
      .trim()
      .split('\n')
      .map((line) => Number(JSON.parse(line).durationMs));
    const short = lengths.filter((ms) => ms < 1_000).length;
    const noticed = await output('lineage', 'gaps', 'x', '--last', '1h', '--kind', 'coverage');
    expect(noticed).toMatch(short === lengths.length ? /^No gaps\.\n/ : /^STREAM +KIND .*\nx +coverage /);
    if (short > 0) expect(noticed).toContain(`${short} shorter than 1 s left out; --min 1ms shows them.`);
    const all = await output('lineage', 'gaps', 'x', '--last', '1h', '--kind', 'coverage', '--min', '1ms');
    expect(all.match(/^x +coverage /gm)).toHaveLength(lengths.length);
    expect(await output('lineage', 'gaps', 'x', '--last', 'an hour')).toMatch(/"an hour" is no duration/);
    const metrics = await (await fetch(`${ground.url('east')}/metrics`)).text();
    expect(metrics).toMatch(/presage_lineage_sessions_active 1\n/);
    expect(metrics).toMatch(/presage_lineage_handoffs_unfinished 0\n/);
    const client = createClient({
      url: `${ground.url('west').replace('http', 'ws')}/graphql`,
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
  it('can be looked at first, changing nothing', async () => {
    const before = await ground.state();
    const there = ['--from', pair.side, '--to', pair.idle];
    const dry = ground.command(pair.side, [...there, '--dry-run']);
    await dry.start('Steps: preparing > starting > validating > stopping > confirming > completed');
    await dry.stop();
    const back = ['--from', pair.idle, '--to', pair.side];
    const wrong = ground.command(pair.side, [...back, '--dry-run']);
    await wrong.start('Problem: ');
    expect(await ground.state()).toEqual(before);
  });

  it.each(STRATEGIES)(
    'by %s leaves no gap of its own, whoever is killed',
    async (strategy) => {
      for (const kill of killsOf(strategy, 0)) await pair.handOver(kill);
    },
    TIMEOUT_MS,
  );
});
