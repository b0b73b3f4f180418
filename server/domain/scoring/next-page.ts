import type { Position } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';

/** Observations looked at for one page. */
const LOOK_AHEAD = 2_000;

/** What the scorer does next, and how far it has come then. */
export type ScoringPage =
  | { readonly kind: 'nothing'; readonly through: Position }
  | { readonly kind: 'arrivals'; readonly positions: readonly Position[]; readonly through: Position }
  | { readonly kind: 'revision'; readonly position: Position; readonly through: Position };

interface Seen {
  readonly position: Position;
  readonly revision: number;
  /** Whether anything had been predicted on its stream. */
  readonly predicted: boolean;
  /** Whether it is a target already. */
  readonly target: boolean;
}

const TEXT = `
  SELECT o.position::float8 AS position, o.revision,
         EXISTS (SELECT 1 FROM predictions p WHERE p.stream_id = o.stream_id AND p.position < o.position) AS predicted,
         o.revision > 0 AND EXISTS (SELECT 1 FROM targets t
                                     WHERE t.stream_id = o.stream_id AND t.observed_at = o.observed_at) AS target
    FROM observations o WHERE o.tenant = $1 AND o.position > $2 AND o.position <= $3
   ORDER BY o.position LIMIT ${LOOK_AHEAD}`;

/**
 * Cuts the next page out of the log: a run of at most `limit` new observations, or one revision of a target, so that
 * scoring in pages is the same as scoring one after another.
 */
export async function nextPage(
  pool: Queryable,
  tenant: string,
  stretch: { readonly after: Position; readonly through: Position; readonly limit: number },
): Promise<ScoringPage> {
  const { rows } = await pool.query<Seen>({
    text: TEXT,
    values: [tenant, stretch.after, stretch.through],
  });
  const positions: Position[] = [];
  let done = stretch.after;
  for (const { position, revision, predicted, target } of rows) {
    if (predicted && revision > 0) {
      if (positions.length > 0) return { kind: 'arrivals', positions, through: done };
      if (target) return { kind: 'revision', position, through: position };
    } else if (predicted) {
      if (positions.length === stretch.limit) return { kind: 'arrivals', positions, through: done };
      positions.push(position);
    }
    done = position;
  }
  const through = rows.length < LOOK_AHEAD ? stretch.through : done;
  return positions.length > 0 ? { kind: 'arrivals', positions, through } : { kind: 'nothing', through };
}
