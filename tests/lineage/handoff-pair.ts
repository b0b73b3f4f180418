import { expect } from 'vitest';
import type { HandoffStrategy } from '../../schema/log-entry.ts';
import type { Gap } from '../../server/domain/lineage/questions/questions.ts';
import { IS_SOAK } from '../faults/support/form.ts';
import type { Presage } from '../support/presage.ts';
import { expectConsistent } from './consistency.ts';
import { type HandoffGround, HEARTBEAT_TIMEOUT_MS, type Side } from './handoff-ground.ts';

export type Victim = 'source' | 'target' | 'command';

/** What is killed, when, and when it is started again. */
export interface Kill {
  readonly strategy: HandoffStrategy;
  readonly victim: Victim;
  readonly step: string;
  /** Of a rolling handoff: how many streams are moved before. */
  readonly moved: number;
  /** Started again only once others took it for dead; at once otherwise. */
  readonly late: boolean;
}

export const STEPS = ['preparing', 'starting', 'validating', 'stopping', 'confirming'] as const;
export const VICTIMS: readonly Victim[] = ['command', 'source', 'target'];

/** Two real instances that hand their streams to and fro, while somebody is killed by SIGKILL. */
export class HandoffPair {
  readonly #ground: HandoffGround;
  /** Who collects. */
  side: Side = 'east';

  constructor(ground: HandoffGround) {
    this.#ground = ground;
  }

  get idle(): Side {
    return this.side === 'east' ? 'west' : 'east';
  }

  /** Hands over to the other side, and kills somebody once the handoff is at a step. Gives how it ended. */
  async handOver(kill: Kill): Promise<string> {
    const { victim, strategy } = kill;
    const ground = this.#ground;
    const [source, target] = [this.side, this.idle];
    const before = (await ground.state()).id;
    const from = Date.now();
    const type = ['--type', strategy.toLowerCase(), '--window', String(WINDOW_MS / 1_000)];
    const first = ground.command(victim === 'source' ? target : source, [
      ...['--from', source, '--to', target, '--step-timeout', '30', ...type],
    ]);
    // Its first line comes once the handoff has begun.
    const running = first.start('Handoff ').catch(() => undefined);
    await ground.until(async () => {
      const { id, state, moved, finished } = await ground.state();
      return id !== before && ((state === kill.step && moved === kill.moved) || finished);
    });
    const dead = victim === 'source' ? source : target;
    if (victim === 'command') {
      await first.stop('SIGKILL');
      await running;
      await this.#resume(target);
    } else {
      await ground.instances[dead].stop('SIGKILL');
      await running;
      if (kill.late) await ground.until(async () => !(await ground.isTakenForAlive(dead)));
      await ground.startInstance(dead);
    }
    await ground.until(async () => (await ground.state()).finished, 120_000);
    await first.stop();
    const { state, reason } = await ground.state();
    this.side = state === 'completed' ? target : source;
    await this.#expectOneCollects();
    await this.#expectNoContradiction();
    if (victim === 'command') expect(state, reason ?? '').toBe('completed');
    await this.#expectCoverage(kill, { from, dead: victim === 'command' ? null : dead, state });
    if (IS_SOAK) {
      const when = victim === 'command' ? '' : kill.late ? ', back late' : ', back at once';
      process.stdout.write(
        `${strategy}: ${victim} killed at ${kill.step} (${kill.moved} moved)${when}: ${state} (${Date.now() - from} ms)\n`,
      );
    }
    return state;
  }

  /** Somebody else goes on, at another server where there is one. */
  async #resume(by: Side): Promise<void> {
    const second: Presage = this.#ground.command(by, ['--resume']);
    await second.start('ompleted').catch((error: Error) => {
      // It may be over already: servers drive it on.
      expect(error.message).toMatch(/No handoff is under way/);
    });
    await second.stop();
  }

  /** After a handoff the target collects all streams, after one that was undone the source, and nobody else does. */
  async #expectOneCollects(): Promise<void> {
    const { ground, side, idle } = { ground: this.#ground, side: this.side, idle: this.idle };
    await ground.until(
      async () =>
        (await ground.collecting(side)) === ground.streams.length && (await ground.collecting(idle)) === 0,
    );
  }

  /** Every handoff's steps follow each other by the table of transitions, in the record and in the log alike. */
  async #expectNoContradiction(): Promise<void> {
    const { domain, operator, database } = this.#ground;
    const handoffs = await domain.handoffs.list(operator, null, false);
    for (const handoff of handoffs) expectConsistent(handoff);
    // The log tells the same: of each step that it began, and how it ended, each once.
    const { rows } = await database.pool.query<{ id: number; told: string[]; status: string }>(
      `SELECT m.id, m.status, coalesce(array_agg(l.document ->> 'status' ORDER BY l.position), '{}') AS told
         FROM migration_events m LEFT JOIN log_events l
           ON l.topic = 'lineage' AND l.document ->> 'kind' = 'migration' AND (l.document ->> 'id')::int = m.id
        GROUP BY m.id, m.status`,
    );
    for (const { id, told, status } of rows) {
      expect(told, `step ${id}`).toEqual(status === 'STARTED' ? ['STARTED'] : ['STARTED', status]);
    }
  }

  /**
   * Nobody was missing, but where the one that was killed had been collecting alone, or was about to: then the gap begins
   * within a heartbeat timeout of its last heartbeat, at which its session was closed. A maintenance has the gap that it is
   * for, no longer than its window.
   */
  async #expectCoverage({ strategy, victim, step }: Kill, { from, dead, state }: Switch): Promise<void> {
    const ground = this.#ground;
    const gaps = await ground.coverageGaps(from);
    const what = `${strategy}, ${victim} at ${step}: ${state}, ${JSON.stringify(gaps)}`;
    // Of what was killed, its periods tell where it was heard of last.
    const ends = dead === null ? [] : await ground.failedAt(dead, from);
    // The source may have been told to stop just then: it does so before anybody can know that the target is dead.
    const isOfTheDead = ({ from: begins, stream }: Gap) =>
      ends.some(
        ({ stream: name, at }) =>
          name === stream.name && begins >= at - 1 && begins <= at + HEARTBEAT_TIMEOUT_MS,
      );
    const others = gaps.filter((gap) => !isOfTheDead(gap));
    if (strategy !== 'MAINTENANCE') expect(others, what).toEqual([]);
    // Undone, it lasts until the source collects again, which has no bound only where it is the source that is dead.
    const bound = state === 'completed' ? WINDOW_MS : WINDOW_MS + 2 * HEARTBEAT_TIMEOUT_MS;
    if (strategy === 'MAINTENANCE' && (state === 'completed' || victim !== 'source'))
      for (const { durationMs } of gaps) expect(durationMs, what).toBeLessThanOrEqual(bound);
    // Where both collected, or the other one did, its death left none.
    const alone = victim === 'source' ? ['preparing', 'starting'] : ['stopping', 'confirming'];
    if (strategy === 'BLUE_GREEN' && !alone.includes(step)) expect(gaps, what).toEqual([]);
    if (victim === 'command' && strategy !== 'MAINTENANCE') expect(gaps, what).toEqual([]);
  }
}

interface Switch {
  readonly from: number;
  readonly dead: Side | null;
  readonly state: string;
}

/** How long a maintenance may leave nobody collecting, in ms. */
const WINDOW_MS = 20_000;
