import type { HandoffStrategy } from '../../schema/log-entry.ts';
import { IS_SOAK, SEED } from '../faults/support/form.ts';
import { Random } from '../faults/support/random.ts';
import { type Kill, STEPS, VICTIMS } from './handoff-pair.ts';

export const STRATEGIES: readonly HandoffStrategy[] = ['BLUE_GREEN', 'ROLLING', 'MAINTENANCE'];

/**
 * Who is killed where: everybody at every step in the long form, `sample` picked by the seed in the short one. Whether it
 * comes back at once is drawn, too.
 */
export function killsOf(strategy: HandoffStrategy, sample: number): readonly Kill[] {
  const random = new Random(SEED + STRATEGIES.indexOf(strategy));
  const all = VICTIMS.flatMap((victim) =>
    STEPS.map((step): Kill => ({ strategy, victim, step, late: random.chance(0.5) })),
  );
  return IS_SOAK ? all : Array.from({ length: sample }, () => random.pick(all));
}
