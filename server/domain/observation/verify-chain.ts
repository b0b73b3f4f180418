import { followsChain, GENESIS } from '../../../schema/hash-chain.ts';
import type { Position, StreamDocument } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { type ObservationRow, observationColumns, toObservation } from './observation-row.ts';
import type { ChainReport } from './observations.ts';

/** Links read at a time. */
const PAGE = 10_000;

/** Walks a stream's chain in log order, page after page, until its end or its first bad link. */
export async function verifyChain(db: Queryable, stream: StreamDocument): Promise<ChainReport> {
  let previous = GENESIS;
  let checked = 0;
  let position: Position = 0;
  for (;;) {
    const { rows } = await db.query<{ o: ObservationRow }>(
      `SELECT ${observationColumns('o')} AS o FROM observations o
        WHERE o.stream_id = $1 AND o.position > $2 ORDER BY o.position LIMIT ${PAGE}`,
      [stream.serverId, position],
    );
    for (const { o } of rows) {
      if (!followsChain(previous, o)) {
        const firstBad = toObservation(o, new Map([[stream.serverId, stream]]));
        return { ok: false, checked, head: previous || null, firstBad };
      }
      previous = o.hash;
      position = o.position;
      checked += 1;
    }
    if (rows.length < PAGE) return { ok: true, checked, head: previous || null, firstBad: null };
  }
}
