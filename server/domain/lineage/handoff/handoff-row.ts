import type {
  HandoffStrategy,
  InstanceName,
  MigrationDocument,
  StreamName,
} from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import type { Queryable } from '../../../storage/tenant-connections.ts';
import { CLOCK, ms } from '../sql.ts';
import type { HandoffState } from './state-machine.ts';

/** A handoff as it is stored, with the names that it needs. */
export interface HandoffRow {
  readonly id: string;
  readonly source: InstanceName;
  readonly target: InstanceName;
  readonly strategy: HandoffStrategy;
  readonly streamIds: readonly number[];
  readonly streams: readonly StreamName[];
  readonly moved: number;
  readonly state: HandoffState;
  readonly version: number;
  readonly stepTimeoutMs: number;
  readonly windowMs: number;
  readonly startedAt: EpochMs;
  readonly stepSince: EpochMs;
  readonly switchedAt: EpochMs | null;
  readonly finishedAt: EpochMs | null;
  readonly reason: string | null;
  readonly now: EpochMs;
}

const names = (streams: string): string => `coalesce((
  SELECT json_agg(json_build_object('uuid', s.uuid, 'name', s.name) ORDER BY array_position(${streams}, s.id))
    FROM streams s WHERE s.id = ANY(${streams})), '[]'::json)`;

const instanceName = (id: string): string =>
  `(SELECT json_build_object('id', i.id, 'name', i.name) FROM server_instances i WHERE i.id = ${id})`;

/** Handoffs `h` of the tenant $1 that satisfy `which`, newest first. */
export async function readHandoffs(
  db: Queryable,
  tenant: string,
  which: string,
  values: readonly unknown[],
): Promise<readonly HandoffRow[]> {
  const { rows } = await db.query<HandoffRow>(
    `SELECT h.id, ${instanceName('h.source_id')} AS source, ${instanceName('h.target_id')} AS target, h.strategy,
            h.streams AS "streamIds", ${names('h.streams')} AS streams, h.moved, h.state, h.version,
            h.step_timeout_ms AS "stepTimeoutMs", h.window_ms AS "windowMs", ${ms('h.started_at')} AS "startedAt",
            ${ms('h.step_since')} AS "stepSince", ${ms('h.switched_at')} AS "switchedAt",
            ${ms('h.finished_at')} AS "finishedAt", h.reason, ${ms(CLOCK)} AS now
       FROM handoffs h WHERE h.tenant = $1 AND ${which} ORDER BY h.started_at DESC, h.id LIMIT 100`,
    [tenant, ...values],
  );
  return rows;
}

/** Steps of handoffs in the order in which they were taken. */
export async function readSteps(
  db: Queryable,
  tenant: string,
  handoffs: readonly string[],
): Promise<readonly MigrationDocument[]> {
  const { rows } = await db.query<{ document: MigrationDocument }>(
    `SELECT json_build_object(
              'kind', 'migration', 'id', m.id, 'handoffId', m.handoff_id, 'type', m.type, 'step', m.step,
              'status', m.status, 'source', ${instanceName('m.source_id')}, 'target', ${instanceName('m.target_id')},
              'strategy', m.strategy, 'streams', ${names('m.streams')}, 'startedAt', ${ms('m.started_at')},
              'endedAt', ${ms('m.ended_at')}, 'validation', m.validation, 'notes', m.notes) AS document
       FROM migration_events m WHERE m.tenant = $1 AND m.handoff_id = ANY($2::uuid[]) ORDER BY m.id`,
    [tenant, handoffs],
  );
  return rows.map(({ document }) => document);
}

/** The streams that the present step is about: all of them, or the lot of a rolling handoff; when undoing, all so far. */
export function lotOf({ strategy, state, streamIds, moved }: HandoffRow): readonly number[] {
  if (strategy !== 'ROLLING') return streamIds;
  if (state === 'preparing') return streamIds;
  if (state === 'restoring' || state === 'releasing') return streamIds.slice(0, moved + LOT);
  return streamIds.slice(moved, moved + LOT);
}

/** Streams that a rolling handoff moves at a time. */
export const LOT = 1;
