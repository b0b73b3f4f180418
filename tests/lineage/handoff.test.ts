import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HandoffStrategy } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import { HandoffService } from '../../server/domain/lineage/handoff/handoff-service.ts';
import type { HandoffDocument } from '../../server/domain/lineage/handoff/handoffs.ts';
import {
  type HandoffState,
  isFinal,
  OUTCOMES,
  STATES,
  TRANSITIONS,
} from '../../server/domain/lineage/handoff/state-machine.ts';
import { DEFAULT_LINEAGE_SETTINGS } from '../../server/domain/lineage/settings.ts';
import { CommitFeed } from '../../server/domain/log/commit-feed.ts';
import { LogWriter } from '../../server/domain/log/log-writer.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { StreamCatalog } from '../../server/domain/stream/stream-catalog.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { expectConsistent } from './consistency.ts';
import { TestProcess } from './network.ts';

const BEAT_MS = 100;
/** Scenarios at a time: all of them share one small database. */
const LOT = 5;
const SETTINGS = { ...DEFAULT_LINEAGE_SETTINGS, heartbeatTimeoutMs: 2_000, watchMs: 50 };
/** Three of them is the longest that observations may lie apart. */
const CADENCE_SECONDS = 2;

let db: TestDatabase;
let domain: OpenDomain;
let actor: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database, { lineage: SETTINGS });
  const publisher = await makeActor(db.database, 'operator');
  await db.database.prisma.peer.update({ where: { id: publisher.peer.id }, data: { role: 'OPERATOR' } });
  actor = { ...publisher, peer: { ...publisher.peer, role: 'OPERATOR' } };
  // Servers notice sessions that fall silent; handoffs are driven by the tests.
});
afterAll(() => db.close());

/** A driver as a command of its own would be: nothing in its memory is needed by the next one. */
function driver(): HandoffService {
  const { tenants } = db.database;
  return new HandoffService({
    ...{ tenants, catalog: new StreamCatalog(tenants), settings: SETTINGS, operated: async () => 'default' },
    writer: new LogWriter(tenants, new CommitFeed(() => undefined), Date.now),
  });
}

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean, limitMs = 20_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

type Victim = 'source' | 'target' | 'command' | 'nobody';

/** One handoff between instances of its own, with somebody killed as soon as it is in a state. */
class Scenario {
  readonly name: string;
  readonly strategy: HandoffStrategy;
  readonly streams: readonly { name: string; cadenceSeconds: number }[];
  readonly uuids: string[] = [];
  source!: TestProcess;
  target!: TestProcess;
  killedAt = Number.POSITIVE_INFINITY;

  constructor(name: string, strategy: HandoffStrategy) {
    this.name = name;
    this.strategy = strategy;
    this.streams = ['x', 'y'].map((stream) => ({
      name: `${name} ${stream}`,
      cadenceSeconds: CADENCE_SECONDS,
    }));
  }

  get handoff() {
    return {
      ...{ from: `${this.name}-a`, to: `${this.name}-b`, strategy: this.strategy, streams: null },
      ...{ stepTimeoutMs: 8_000, windowMs: 5_000 },
    };
  }

  async furnish(): Promise<void> {
    for (const stream of this.streams) this.uuids.push((await domain.streams.create(actor, stream)).uuid);
    [this.source, this.target] = await Promise.all([this.start('a'), this.start('b')]);
    await until(
      () => this.collecting('a'),
      (streams) => streams === 2,
    );
  }

  start(side: 'a' | 'b'): Promise<TestProcess> {
    return TestProcess.start({
      ...{ domain, actor, name: `${this.name}-${side}`, standby: side === 'b', streams: this.streams },
      beatMs: BEAT_MS,
    });
  }

  /** How many of the streams a side is collecting now. */
  async collecting(side: 'a' | 'b'): Promise<number> {
    const found = await Promise.all(
      this.uuids.map((uuid) => domain.lineage.collectingAt('default', uuid, Date.now())),
    );
    return found.flat().filter(({ instance, open }) => open && instance.name === `${this.name}-${side}`)
      .length;
  }

  async coverageGaps(from: number) {
    const gaps = await Promise.all(
      this.uuids.map((streamUuid) =>
        domain.lineage.gaps('default', {
          ...{
            streamUuid,
            kind: 'COVERAGE',
            stretch: { from, to: Date.now() },
            minMs: 0,
            factor: 3,
            limit: 100,
          },
        }),
      ),
    );
    return gaps.flat();
  }

  async kill(victim: Victim): Promise<void> {
    this.killedAt = Date.now();
    if (victim === 'source') await this.source.kill();
    if (victim === 'target') await this.target.kill();
  }

  /** What a supervisor does. */
  async restart(victim: Victim): Promise<void> {
    if (victim === 'source') this.source = await this.start('a');
    if (victim === 'target') this.target = await this.start('b');
  }

  async end(): Promise<void> {
    await Promise.all([this.source.stop(), this.target.stop()]);
  }
}

async function run(strategy: HandoffStrategy, victim: Victim, at: HandoffState): Promise<void> {
  const scenario = new Scenario(`${strategy}-${victim}-${at}`, strategy);
  await scenario.furnish();
  const from = Date.now();
  let command = driver();
  const { id } = await command.start(actor, null, scenario.handoff);
  const read = async (): Promise<HandoffDocument> => {
    const all = await command.list(actor, null, false);
    const found = all.find((handoff) => handoff.id === id);
    if (!found) throw new Error('the handoff is gone');
    return found;
  };
  let killed = victim === 'nobody';
  let restarted = killed;
  const over = await until(
    async () => {
      const now = await read();
      expectConsistent(now);
      if (!killed && now.state === at) {
        killed = true;
        await scenario.kill(victim);
        if (victim === 'command') {
          // Somebody else gives the same command again.
          command = driver();
          expect((await command.start(actor, null, scenario.handoff)).id).toBe(id);
        }
      } else if (killed && !restarted && Date.now() - scenario.killedAt > 600) {
        restarted = true;
        await scenario.restart(victim);
      } else {
        await command.step('default', id);
      }
      return now;
    },
    ({ state }) => isFinal(state),
    40_000,
  );
  expectConsistent(over);
  expect(killed, 'the state was reached').toBe(true);
  // One side collects, and is the one that should.
  const [winner, loser] = over.state === 'completed' ? (['b', 'a'] as const) : (['a', 'b'] as const);
  await until(
    async () => [await scenario.collecting(winner), await scenario.collecting(loser)],
    ([won, lost]) => won === 2 && lost === 0,
  );
  if (victim === 'nobody' || victim === 'command') expect(over.state, over.reason ?? '').toBe('completed');
  const gaps = await scenario.coverageGaps(from);
  // A gap is there only where a process was killed that collected alone, and begins then; or in the stated window.
  for (const gap of gaps) {
    if (strategy === 'MAINTENANCE') {
      expect(gap.durationMs).toBeLessThan(
        scenario.handoff.windowMs + (killed ? SETTINGS.heartbeatTimeoutMs : 0),
      );
      continue;
    }
    expect(['source', 'target']).toContain(victim);
    expect(gap.from).toBeGreaterThan(scenario.killedAt - 10 * BEAT_MS - SETTINGS.heartbeatTimeoutMs);
  }
  if (strategy !== 'MAINTENANCE' && (victim === 'nobody' || victim === 'command')) expect(gaps).toEqual([]);
  // While both collect, killing one of them leaves none.
  const alone = victim === 'source' ? ['preparing', 'starting'] : ['stopping', 'confirming'];
  if (strategy === 'BLUE_GREEN' && !alone.includes(at)) expect(gaps).toEqual([]);
  await scenario.end();
}

describe('the state machine', () => {
  it('is total, ends, and undoes everything but what has not begun', () => {
    for (const strategy of Object.keys(TRANSITIONS) as HandoffStrategy[]) {
      for (const state of STATES) {
        for (const outcome of OUTCOMES) {
          const next = TRANSITIONS[strategy][state][outcome];
          expect(STATES).toContain(next);
          if (isFinal(state)) expect(next).toBe(state);
          if (outcome === 'failed' && !isFinal(state)) {
            expect(['restoring', 'releasing', 'rolled_back']).toContain(next);
          }
        }
      }
      // From wherever it fails, what is done from there on ends with the source collecting.
      let state: HandoffState = 'restoring';
      while (!isFinal(state)) state = TRANSITIONS[strategy][state].done;
      expect(state).toBe('rolled_back');
    }
  });
});

const STEPS = ['preparing', 'starting', 'validating', 'stopping', 'confirming'] as const;
const VICTIMS = ['source', 'target', 'command'] as const;

describe('a handoff', () => {
  it.each(['BLUE_GREEN', 'ROLLING', 'MAINTENANCE'] as const)(
    'by %s moves the streams',
    async (strategy) => {
      await run(strategy, 'nobody', 'completed');
    },
    60_000,
  );

  const strategies: readonly HandoffStrategy[] = process.env.PRESAGE_SOAK_SECONDS
    ? ['BLUE_GREEN', 'ROLLING', 'MAINTENANCE']
    : ['BLUE_GREEN'];
  it.each(strategies)(
    'by %s survives that anybody is killed at any step',
    async (strategy) => {
      const all = STEPS.flatMap((step) => VICTIMS.map((victim) => ({ step, victim })));
      const results: PromiseSettledResult<void>[] = [];
      for (let from = 0; from < all.length; from += LOT) {
        const lot = all.slice(from, from + LOT).map(({ step, victim }) => run(strategy, victim, step));
        results.push(...(await Promise.allSettled(lot)));
      }
      const failures = results.flatMap((result, index) =>
        result.status === 'rejected'
          ? [`${all[index]?.victim} at ${all[index]?.step}: ${result.reason}`]
          : [],
      );
      expect(failures).toEqual([]);
    },
    120_000,
  );

  it('can be driven by many at once: each step is taken once', async () => {
    const scenario = new Scenario('crowd', 'BLUE_GREEN');
    await scenario.furnish();
    const { id } = await driver().start(actor, null, scenario.handoff);
    const drivers = Array.from({ length: 6 }, driver);
    await until(
      async () => {
        await Promise.all(drivers.map((one) => one.step('default', id)));
        const [now] = (await driver().list(actor, null, false)).filter((handoff) => handoff.id === id);
        if (now) expectConsistent(now);
        return now?.state;
      },
      (state) => state === 'completed',
    );
    expect(await scenario.collecting('a')).toBe(0);
    await scenario.end();
  }, 60_000);

  it('is refused with what speaks against it, and goes back when it is aborted', async () => {
    const scenario = new Scenario('wrong', 'BLUE_GREEN');
    await scenario.furnish();
    const command = driver();
    const there = scenario.handoff;
    await expect(command.plan(actor, null, { ...there, to: 'nowhere' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(command.plan(actor, null, { ...there, to: there.from })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    expect((await command.plan(actor, null, there)).problems).toEqual([]);
    const { problems } = await command.plan(actor, null, { ...there, from: there.to, to: there.from });
    expect(problems.join(' ')).toMatch(/collects nothing/);
    const { id } = await command.start(actor, null, there);
    await expect(command.start(actor, null, { ...there, strategy: 'ROLLING' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(command.retire(actor, null, there.to)).rejects.toMatchObject({ code: 'CONFLICT' });
    await until(
      async () => {
        await command.step('default', id);
        return (await command.list(actor, null, true)).find((handoff) => handoff.id === id)?.state;
      },
      (state) => state === 'validating' || state === 'stopping',
    );
    await command.abort(actor, null, id);
    await until(
      () => command.drive('default', id),
      (waitingFor) => waitingFor === null,
    );
    const [over] = (await command.list(actor, null, false)).filter((handoff) => handoff.id === id);
    expect(over?.state).toBe('rolled_back');
    expect(over?.reason).toMatch(/aborted/);
    await expect(command.abort(actor, null, id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await until(
      async () => [await scenario.collecting('a'), await scenario.collecting('b')],
      ([source, target]) => source === 2 && target === 0,
    );
    await command.retire(actor, null, there.to);
    await expect(command.plan(actor, null, there)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await scenario.end();
  }, 60_000);
});
