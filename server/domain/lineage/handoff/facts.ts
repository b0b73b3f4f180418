import type { GapKind } from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import type { Queryable } from '../../../storage/tenant-connections.ts';
import { GIVEN, streamPeriods } from '../questions/collecting.ts';
import { COVERAGE_GAPS, DATA_GAPS } from '../questions/gaps.ts';
import type { Gap } from '../questions/questions.ts';
import { ms } from '../sql.ts';

/** One side of a handoff, for one stream. */
interface SideFacts {
  readonly offered: boolean;
  readonly wanted: boolean;
  /** Whether the present is in a period of its that goes on. */
  readonly collecting: boolean;
  /** When that period began; null without one. */
  readonly since: EpochMs | null;
  /** Of that period. */
  readonly messages: number;
  readonly lastMessageAt: EpochMs | null;
}

export interface StreamFacts {
  readonly serverId: number;
  readonly uuid: string;
  readonly name: string;
  readonly author: string;
  readonly archived: boolean;
  readonly cadenceSeconds: number | null;
  readonly source: SideFacts;
  readonly target: SideFacts;
}

interface InstanceFacts {
  readonly name: string;
  readonly alive: boolean;
  /** When its last heartbeat came. */
  readonly seenAt: EpochMs;
  readonly retired: boolean;
  readonly clientId: string;
}

/** What a step is judged by, all as of one moment of the database. */
export interface Facts {
  readonly now: EpochMs;
  readonly source: InstanceFacts;
  readonly target: InstanceFacts;
  readonly streams: readonly StreamFacts[];
}

const side = (instance: string): string => `
  SELECT json_build_object(
    'offered', w.stream_id IS NOT NULL, 'wanted', coalesce(w.wanted, FALSE), 'collecting', p.open IS TRUE,
    'since', p.since, 'messages', coalesce(p.messages, 0), 'lastMessageAt', p.last) AS facts
    FROM (SELECT) AS one
    LEFT JOIN instance_streams w ON w.tenant = $1 AND w.instance_id = ${instance} AND w.stream_id = s.id
    LEFT JOIN LATERAL (
      SELECT bool_or(e.open) AS open, ${ms('min(x.started_at)')} AS since, sum(x.messages) AS messages, ${ms('max(x.last_message_at)')} AS last
        FROM ${streamPeriods('s.id', "tstzrange(given.now, given.now, '[]')")}
       WHERE x.tenant = $1 AND c.instance_id = ${instance} AND e.open
    ) AS p ON TRUE`;

const instance = (id: string): string => `(
  SELECT json_build_object('name', i.name, 'clientId', i.client_id, 'seenAt', ${ms('i.seen_at')}, 'retired', i.retired_at IS NOT NULL,
           'alive', i.retired_at IS NULL AND i.seen_at >= given.now - given.patience * interval '1 millisecond')
    FROM server_instances i WHERE i.tenant = $1 AND i.id = ${id})`;

/** $4 source, $5 target, $6 server ids of the streams. */
const FACTS = `
  WITH ${GIVEN}
  SELECT ${ms('given.now')} AS now, ${instance('$4')} AS source, ${instance('$5')} AS target,
         (SELECT coalesce(json_agg(json_build_object(
             'serverId', s.id, 'uuid', s.uuid, 'name', s.name, 'author', s.author,
             'archived', s.archived_at IS NOT NULL, 'cadenceSeconds', s.cadence_seconds,
             'source', a.facts, 'target', b.facts) ORDER BY array_position($6::int[], s.id)), '[]'::json)
            FROM streams s CROSS JOIN LATERAL (${side('$4')}) AS a CROSS JOIN LATERAL (${side('$5')}) AS b
           WHERE s.tenant = $1 AND s.id = ANY($6::int[])) AS streams
    FROM given`;

export interface FactsRequest {
  readonly sourceId: number;
  readonly targetId: number;
  readonly streams: readonly number[];
}

export async function readFacts(
  db: Queryable,
  tenant: string,
  patienceMs: number,
  { sourceId, targetId, streams }: FactsRequest,
): Promise<Facts> {
  const { rows } = await db.query<Facts>(FACTS, [tenant, null, patienceMs, sourceId, targetId, streams]);
  if (!rows[0]) throw new Error('the facts of a handoff gave no row');
  return rows[0];
}

/** Gaps of a stream since a time, cut to it. */
export async function gapsSince(
  db: Queryable,
  tenant: string,
  patienceMs: number,
  { serverId, since, until, factor }: { serverId: number; since: EpochMs; until: EpochMs; factor: number },
): Promise<readonly Gap[]> {
  const values = [tenant, null, patienceMs, since, until, serverId, 0, factor, 100];
  const kinds: readonly GapKind[] = ['COVERAGE', 'DATA'];
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const { rows } = await db.query<Omit<Gap, 'kind'>>(
        kind === 'COVERAGE' ? COVERAGE_GAPS : DATA_GAPS,
        values,
      );
      return rows.map((row): Gap => ({ ...row, kind }));
    }),
  );
  return found.flat();
}
