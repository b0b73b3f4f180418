import * as fc from 'fast-check';
import type { StreamDocument } from '../../schema/log-entry.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';

/** What may happen on a stream. Numbers are turned into what there is by their remainder. */
export type Step =
  | { readonly do: 'publish'; readonly value: number; readonly late: number }
  | { readonly do: 'correct'; readonly which: number; readonly value: number }
  | { readonly do: 'retract'; readonly which: number }
  | {
      readonly do: 'predict';
      readonly peer: number;
      readonly base: number;
      readonly horizon: number;
      readonly value: number;
      readonly quantiles: boolean;
    }
  | { readonly do: 'score' };

const value = fc.integer({ min: -3, max: 3 }).map((n) => n / 4);
const which = fc.nat({ max: 5 });

export const STEPS: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('publish' as const),
        value,
        late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 4 })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('correct' as const), which, value }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('retract' as const), which }) },
    {
      weight: 9,
      arbitrary: fc.record({
        do: fc.constant('predict' as const),
        ...{ peer: fc.nat({ max: 3 }), base: fc.nat({ max: 3 }), horizon: fc.integer({ min: 1, max: 4 }) },
        ...{ value, quantiles: fc.boolean() },
      }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'score' as const }) },
  ),
  { minLength: 10, maxLength: 80 },
);

/** Does the steps on a new stream. What the server refuses (late ones, say) is refused, and counted. */
export async function run(
  domain: OpenDomain,
  author: Actor,
  peers: readonly Actor[],
  steps: readonly Step[],
  name: string,
): Promise<{ stream: StreamDocument; accepted: number; late: number }> {
  const stream = await domain.streams.create(author, { name });
  /** Hashes of all revisions by time, oldest observation first to arrive. */
  const hashes: string[] = [];
  const times: number[] = [];
  let newest = 1_700_000_000_000;
  let accepted = 0;
  let late = 0;
  const fresh = async (observedAt: number) => {
    const found = await domain.observations.find('default', { streamServerId: stream.serverId, observedAt });
    if (found) hashes.push(found.hash);
  };
  for (const step of steps) {
    switch (step.do) {
      case 'publish': {
        const observedAt = step.late > 0 ? newest - step.late * 1_000 + 500 - step.late : newest + 1_000;
        newest = Math.max(newest, observedAt);
        const item = {
          streamUuid: stream.uuid,
          value: step.value,
          observedAt: new Date(observedAt).toISOString(),
        };
        const { successful } = await domain.observations.publish(author, [item]);
        if (successful > 0) {
          times.push(observedAt);
          await fresh(observedAt);
        }
        break;
      }
      case 'correct': {
        const observedAt = times.at(-1 - (step.which % Math.max(times.length, 1)));
        if (observedAt === undefined) break;
        await domain.observations.correct(
          author,
          { streamServerId: stream.serverId, observedAt },
          step.value,
        );
        await fresh(observedAt);
        break;
      }
      case 'retract': {
        const observedAt = times.at(-1 - (step.which % Math.max(times.length, 1)));
        if (observedAt === undefined) break;
        await domain.observations.retract(author, { streamServerId: stream.serverId, observedAt });
        break;
      }
      case 'predict': {
        const baseHash = hashes.at(-1 - (step.base % Math.max(hashes.length, 1)));
        const actor = peers[step.peer % peers.length];
        if (!baseHash || !actor) break;
        const quantiles = [0.1, 0.5, 0.9].map((level, i) => ({ level, value: step.value + (i - 1) / 3 }));
        const report = await domain.predictions.submit(actor, [
          {
            ...{ streamUuid: stream.uuid, baseHash, value: step.value, horizon: step.horizon },
            quantiles: step.quantiles ? quantiles : null,
          },
        ]);
        accepted += report.successful;
        late += report.errors.filter(({ code }) => code === 'LATE').length;
        break;
      }
      case 'score':
        await domain.scorer.catchUp('default');
    }
  }
  return { stream, accepted, late };
}
