import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import type { ScoreContext, ScoreRow } from './score-row.ts';

/** Reads the targets and peers that these scores of one tenant name, each once. */
export async function readScoreContext(
  db: Queryable,
  catalog: StreamCatalog,
  tenant: string,
  scores: readonly ScoreRow[],
): Promise<ScoreContext> {
  if (scores.length === 0) return { targets: new Map(), peers: new Map() };
  const { rows: targets } = await db.query<{ o: ObservationRow }>({
    text: `SELECT ${observationColumns('o')} AS o FROM observations o WHERE o.tenant = $1 AND o.position = ANY($2::bigint[])`,
    values: [tenant, [...new Set(scores.map((score) => score.targetPosition))]],
  });
  const { rows: peers } = await db.query<PeerDocument>({
    name: 'score-peers',
    text: `SELECT id, public_key AS "publicKey", name, role, (extract(epoch FROM created_at) * 1000)::float8 AS "createdAt"
             FROM peers WHERE tenant = $1 AND id = ANY($2::int[])`,
    values: [tenant, [...new Set(scores.map((score) => score.peerId))]],
  });
  const streams = await catalog.byServerIds(
    tenant,
    targets.map(({ o }) => o.streamId),
  );
  return {
    targets: new Map(targets.map(({ o }) => [o.position, toObservation(o, streams)])),
    peers: new Map(peers.map((peer) => [peer.id, peer])),
  };
}
