import { randomUUID } from 'node:crypto';
import { PresageError } from '../../../../schema/errors.ts';
import type { InstanceName } from '../../../../schema/log-entry.ts';
import type { Append, Appended } from '../../log/log-writer.ts';
import { appendLineage } from '../append-lineage.ts';
import { CLOCK } from '../sql.ts';
import type { HandoffRow } from './handoff-row.ts';
import type { NewHandoff } from './handoffs.ts';
import { handoffOf } from './look-ups.ts';
import { type HandoffState, TRANSITIONS } from './state-machine.ts';
import { beginStep } from './transition.ts';

const STEP_TIMEOUT_MS = 60_000;
const WINDOW_MS = 300_000;
const MAX_MS = 86_400_000;

/** What is asked for, with everything named found. */
export interface Resolved {
  readonly source: InstanceName;
  readonly target: InstanceName;
  readonly streams: readonly number[];
}

/** Throws `BAD_INPUT`. */
export function checkNewHandoff({ from, to, stepTimeoutMs, windowMs, streams }: NewHandoff): void {
  if (from === to) throw new PresageError('BAD_INPUT', `"${from}" can't be handed over to itself.`);
  if (streams?.length === 0)
    throw new PresageError('BAD_INPUT', 'No stream is named; leave them out for all.');
  for (const [name, value] of Object.entries({ stepTimeoutMs, windowMs })) {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= MAX_MS)) continue;
    throw new PresageError('BAD_INPUT', `${name} is ${value}; give whole ms up to a day.`);
  }
}

/** Writes a handoff down, in its first state; gives its uuid. */
export async function begin(
  append: Append,
  tenant: string,
  { source, target, streams }: Resolved,
  given: NewHandoff,
): Promise<Appended<string>> {
  const id = randomUUID();
  await append.client.query(
    `INSERT INTO handoffs (id, tenant, source_id, target_id, strategy, streams, state, step_timeout_ms, window_ms,
                           started_at, step_since)
     SELECT $2, $1, $3, $4, $5::"HandoffStrategy", $6, 'preparing', $7, $8, now.at, now.at FROM (SELECT ${CLOCK} AS at) AS now`,
    [
      ...[tenant, id, source.id, target.id, given.strategy, streams],
      ...[given.stepTimeoutMs ?? STEP_TIMEOUT_MS, given.windowMs ?? WINDOW_MS],
    ],
  );
  const changes = await beginStep(append, tenant, await handoffOf(append.client, tenant, id));
  return { entries: await appendLineage(append, tenant, changes), result: id };
}

/** The same command again: what it did not say is as it was. */
export function isTheSame(
  busy: HandoffRow,
  { source, target, streams }: Resolved,
  { strategy, streams: asked }: NewHandoff,
): boolean {
  return (
    busy.source.id === source.id &&
    busy.target.id === target.id &&
    busy.strategy === strategy &&
    (asked === null ||
      (streams.length === busy.streamIds.length && streams.every((id) => busy.streamIds.includes(id))))
  );
}

/** The states that a handoff passes where all goes well. */
export function stepsOf(strategy: NewHandoff['strategy']): readonly HandoffState[] {
  const steps: HandoffState[] = ['preparing'];
  for (let state = steps[0]; state && state !== 'completed'; state = steps.at(-1)) {
    steps.push(TRANSITIONS[strategy][state].done);
  }
  return steps;
}
