import type { EntryType, Position, ScoreEntry } from '../../../schema/log-entry.ts';
import { encodeNodeId } from '../../../schema/node-id.ts';
import { type ScoreContext, type ScoreRow, toScore } from './score-row.ts';

/** The entries of the log that these scores are. `before` has the revisions that they replace, by their positions. */
export function scoreEntries(
  tenant: string,
  rows: readonly ScoreRow[],
  before: ReadonlyMap<Position, ScoreRow>,
  context: ScoreContext,
): ScoreEntry[] {
  return rows.map((row) => {
    const old = before.get(row.position);
    return {
      ...{ tenant, position: row.position, topic: 'score', ts: row.scoredAt },
      type: typeOf(row, old),
      key: encodeNodeId('Prediction', row.predictionId),
      document: toScore(row, context),
      ...(old && !old.voided ? { before: toScore(old, context) } : {}),
    };
  });
}

/** A score that comes back after a retraction is new. */
function typeOf(score: ScoreRow, before: ScoreRow | undefined): EntryType {
  if (score.voided) return 'DELETE';
  return before && !before.voided ? 'UPDATE' : 'CREATE';
}
