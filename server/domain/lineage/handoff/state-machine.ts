import type { HandoffStrategy, MigrationDocument } from '../../../../schema/log-entry.ts';

/**
 * The handoff's state machine, whose spec is docs/handoff.md. `restoring` and `releasing` undo it; the last two are
 * final.
 */
export const STATES = [
  'preparing',
  'starting',
  'validating',
  'stopping',
  'confirming',
  'restoring',
  'releasing',
  'completed',
  'rolled_back',
] as const;
export type HandoffState = (typeof STATES)[number];

/**
 * How a step ends: it is done; it is done and more streams are to be moved; it failed; somebody wants the handoff
 * undone.
 */
export const OUTCOMES = ['done', 'more', 'failed', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

type Transitions = Readonly<Record<HandoffState, Readonly<Record<Outcome, HandoffState>>>>;

/** A state in which an outcome means nothing leads to itself. */
const to = (done: HandoffState, undo: HandoffState): Readonly<Record<Outcome, HandoffState>> => ({
  ...{ done, more: done, failed: undo, aborted: undo },
});
/** What is undone goes on until it is, whatever fails meanwhile. */
const undoing = (state: HandoffState, done: HandoffState): Readonly<Record<Outcome, HandoffState>> => ({
  ...{ done, more: done, failed: state, aborted: state },
});
const final = (state: HandoffState): Readonly<Record<Outcome, HandoffState>> => ({
  ...{ done: state, more: state, failed: state, aborted: state },
});

const UNDOING_AND_FINAL = {
  restoring: undoing('restoring', 'releasing'),
  releasing: undoing('releasing', 'rolled_back'),
  completed: final('completed'),
  rolled_back: final('rolled_back'),
} as const;

/** The target starts before the source stops. */
const OVERLAPPING: Transitions = {
  preparing: to('starting', 'rolled_back'),
  starting: to('validating', 'restoring'),
  validating: to('stopping', 'restoring'),
  stopping: to('confirming', 'restoring'),
  confirming: to('completed', 'restoring'),
  ...UNDOING_AND_FINAL,
};

/** Where each outcome leads, for every state of every strategy. */
export const TRANSITIONS: Readonly<Record<HandoffStrategy, Transitions>> = {
  BLUE_GREEN: OVERLAPPING,
  // Lot by lot: after one is confirmed, the next is started.
  ROLLING: { ...OVERLAPPING, confirming: { ...OVERLAPPING.confirming, more: 'starting' } },
  // The source stops first: for what can't be collected twice at once.
  MAINTENANCE: {
    preparing: to('stopping', 'rolled_back'),
    stopping: to('starting', 'restoring'),
    starting: to('validating', 'restoring'),
    validating: to('confirming', 'restoring'),
    confirming: to('completed', 'restoring'),
    ...UNDOING_AND_FINAL,
  },
};

/** What each step is recorded as; final states are no steps. */
export const STEP_TYPES: Readonly<Record<HandoffState, MigrationDocument['type'] | null>> = {
  preparing: 'PREPARATION',
  starting: 'HANDOFF',
  validating: 'VALIDATION',
  stopping: 'HANDOFF',
  confirming: 'VALIDATION',
  restoring: 'ROLLBACK',
  releasing: 'ROLLBACK',
  completed: null,
  rolled_back: null,
};

export function isFinal(state: HandoffState): boolean {
  return STEP_TYPES[state] === null;
}
