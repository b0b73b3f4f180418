import type { HandoffStrategy } from '../../schema/log-entry.ts';
import { IS_SOAK, SEED } from '../faults/support/form.ts';
import { Random } from '../faults/support/random.ts';
import { type Kill, STEPS, VICTIMS } from './handoff-pair.ts';

export const STRATEGIES: readonly HandoffStrategy[] = ['BLUE_GREEN', 'ROLLING', 'MAINTENANCE'];

/**
 * Who is killed where: everybody at every step in the long form; in the short one one kill of a strategy, the step by the
 * seed and the victim by its turn, so that each victim is killed in one of the strategies. Whether it comes back at
 * once is drawn, too.
 */
export function killsOf(strategy: HandoffStrategy, turn: number): readonly Kill[] {
  const index = STRATEGIES.indexOf(strategy);
  const random = new Random(SEED + index);
  const all = VICTIMS.flatMap((victim) =>
    STEPS.map((step): Kill => {
      const moved = strategy === 'ROLLING' && step !== 'preparing' ? random.pick([0, 1, 2]) : 0;
      return { strategy, victim, step, moved, late: random.chance(0.5) };
    }),
  );
  if (IS_SOAK) return all;
  const victim = VICTIMS[(SEED + index + turn) % VICTIMS.length];
  return [random.pick(all.filter((kill) => kill.victim === victim))];
}
