import type { LineageEntry } from '../../../../schema/log-entry.ts';
import type { Append } from '../../log/log-writer.ts';
import { appendLineage, type LineageChange } from '../append-lineage.ts';
import { CLOCK } from '../sql.ts';
import { type HandoffRow, LOT, lotOf, readHandoffs, readSteps } from './handoff-row.ts';
import type { Verdict } from './judge.ts';
import { isFinal, STEP_TYPES, TRANSITIONS } from './state-machine.ts';

type Over = Extract<Verdict, { readonly outcome: string }>;

/**
 * Ends the present step as the verdict says and begins the next one: the state, what the instances should collect, the
 * record of both steps and their entries in the log, all in one transaction. A handoff that another driver moved on
 * meanwhile is left as it is.
 */
export async function transition(
  append: Append,
  tenant: string,
  handoff: HandoffRow,
  verdict: Over,
): Promise<LineageEntry[]> {
  const { client } = append;
  const { strategy, state, version, id } = handoff;
  const next = TRANSITIONS[strategy][state][verdict.outcome];
  if (next === state) return [];
  const moved =
    handoff.moved + (verdict.outcome === 'more' ? LOT : next === 'completed' ? lotOf(handoff).length : 0);
  const undone = verdict.outcome === 'failed' || verdict.outcome === 'aborted';
  const { rowCount } = await client.query(
    `UPDATE handoffs h
        SET state = $4::text, version = h.version + 1, moved = $5, step_since = greatest(h.step_since, ${CLOCK}),
            switched_at = CASE WHEN $4::text = 'stopping' THEN greatest(h.step_since, ${CLOCK}) ELSE h.switched_at END,
            finished_at = CASE WHEN $6::boolean THEN greatest(h.step_since, ${CLOCK}) END,
            reason = CASE WHEN $7::boolean THEN $8::text ELSE h.reason END
      WHERE h.tenant = $1 AND h.id = $2 AND h.version = $3`,
    [tenant, id, version, next, moved, isFinal(next), undone, verdict.notes],
  );
  if (rowCount === 0) return [];
  const ended = await endStep(append, tenant, handoff, verdict, undone);
  const [now] = await readHandoffs(client, tenant, 'h.id = $2', [id]);
  if (!now) throw new Error(`handoff ${id} is gone`);
  await desire(append, tenant, now);
  const begun = await beginStep(append, tenant, now);
  return appendLineage(append, tenant, [...ended, ...begun]);
}

/** Records that the present step begins, unless the state is final. */
export async function beginStep(
  { client }: Append,
  tenant: string,
  handoff: HandoffRow,
): Promise<LineageChange[]> {
  const type = STEP_TYPES[handoff.state];
  if (type === null) return [];
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO migration_events (tenant, handoff_id, type, step, lot, source_id, target_id, strategy, streams, started_at)
     SELECT h.tenant, h.id, $3::"MigrationType", h.state, h.moved, h.source_id, h.target_id, h.strategy, $4, h.step_since
       FROM handoffs h WHERE h.tenant = $1 AND h.id = $2 RETURNING id`,
    [tenant, handoff.id, type, lotOf(handoff)],
  );
  const steps = await readSteps(client, tenant, [handoff.id]);
  return steps.filter(({ id }) => id === rows[0]?.id).map((document) => ({ type: 'CREATE', document }));
}

async function endStep(
  { client }: Append,
  tenant: string,
  handoff: HandoffRow,
  { notes, validation }: Over,
  undone: boolean,
): Promise<LineageChange[]> {
  const before = (await readSteps(client, tenant, [handoff.id])).filter(({ status }) => status === 'STARTED');
  await client.query(
    `UPDATE migration_events m
        SET status = $3::"MigrationStatus", notes = $4, validation = $5, ended_at = h.step_since
       FROM handoffs h
      WHERE m.tenant = $1 AND m.handoff_id = $2 AND m.status = 'STARTED' AND h.id = m.handoff_id`,
    [
      ...[tenant, handoff.id, undone ? 'FAILED' : 'COMPLETED', notes],
      validation === undefined ? null : JSON.stringify(validation),
    ],
  );
  const after = await readSteps(client, tenant, [handoff.id]);
  return before.flatMap((was) => {
    const document = after.find(({ id }) => id === was.id);
    return document ? [{ type: 'UPDATE', document, before: was }] : [];
  });
}

/** What the instances should collect from now on, where the state that begins changes it. */
async function desire({ client }: Append, tenant: string, handoff: HandoffRow): Promise<void> {
  const change = DESIRES[handoff.state];
  if (!change) return;
  const { side, wanted, own } = change;
  await client.query(
    `UPDATE instance_streams w SET wanted = $4::boolean, handoff_id = $2::uuid, changed_at = ${CLOCK}
      WHERE w.tenant = $1 AND w.instance_id = $3 AND w.stream_id = ANY($5::int[]) AND w.wanted <> $4::boolean
        AND (NOT $6::boolean OR w.handoff_id = $2::uuid)`,
    [tenant, handoff.id, handoff[side].id, wanted, lotOf(handoff), own],
  );
}

/** `own`: only what this handoff made so. The target keeps what it had been collecting before. */
const DESIRES: {
  readonly [state in HandoffRow['state']]?: {
    readonly side: 'source' | 'target';
    readonly wanted: boolean;
    readonly own: boolean;
  };
} = {
  starting: { side: 'target', wanted: true, own: false },
  stopping: { side: 'source', wanted: false, own: false },
  restoring: { side: 'source', wanted: true, own: false },
  releasing: { side: 'target', wanted: false, own: true },
};
