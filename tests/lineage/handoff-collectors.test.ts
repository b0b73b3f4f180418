import { afterAll, beforeAll, describe, it } from 'vitest';
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
