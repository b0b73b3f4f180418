import { expect } from 'vitest';
import type { HandoffDocument } from '../../server/domain/lineage/handoff/handoffs.ts';
import {
  type HandoffState,
  isFinal,
  STEP_TYPES,
  TRANSITIONS,
} from '../../server/domain/lineage/handoff/state-machine.ts';

/**
 * No two steps contradict each other: each was taken once, one after the other, by a transition that the table has, and
 * the last one led to where the handoff is.
 */
export function expectConsistent({ events, state, strategy, finishedAt }: HandoffDocument): void {
  const steps = events.map((event) => ({ ...event, step: event.step as HandoffState }));
  steps.forEach((event, index) => {
    const next = steps[index + 1];
    expect(STEP_TYPES[event.step], `type of ${event.step}`).toBe(event.type);
    expect(event.startedAt).toBeLessThanOrEqual(event.endedAt ?? Number.POSITIVE_INFINITY);
    if (event.status === 'STARTED') {
      expect(event).toMatchObject({ endedAt: null, step: state });
      expect(next).toBeUndefined();
      return;
    }
    const to = next?.step ?? state;
    const outcomes =
      event.status === 'FAILED' ? (['failed', 'aborted'] as const) : (['done', 'more'] as const);
    const possible: readonly HandoffState[] = outcomes.map(
      (outcome) => TRANSITIONS[strategy][event.step][outcome],
    );
    expect(possible, `${event.step} ${event.status}`).toContain(to);
    if (next) expect(next.startedAt).toBe(event.endedAt);
  });
  expect(finishedAt !== null).toBe(isFinal(state));
  expect(steps.filter(({ status }) => status === 'STARTED')).toHaveLength(isFinal(state) ? 0 : 1);
}
