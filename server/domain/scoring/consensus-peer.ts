import type pg from 'pg';
import type { PeerDocument } from '../../../schema/log-entry.ts';

/** What stands in for the consensus' public key: of the right form, and nobody's, as no key encodes to it. */
export const CONSENSUS_KEY = 'consensus'.padEnd(43, '_');

/**
 * The peer that the consensus predicts as, made on first use. Its predictions are rows of `predictions` like any
 * peer's, so it is scored and ranked like one.
 */
export async function consensusPeer(db: pg.Pool | pg.PoolClient, tenant: string): Promise<PeerDocument> {
  const { rows } = await db.query<PeerDocument>({
    name: 'consensus-peer',
    text: `WITH made AS (
             INSERT INTO peers (tenant, public_key, name, role) VALUES ($1, $2, 'consensus', 'READER')
             ON CONFLICT (tenant, public_key) DO UPDATE SET name = EXCLUDED.name
             RETURNING id, public_key, name, role, created_at)
           SELECT id, public_key AS "publicKey", name, role,
                  (extract(epoch FROM created_at) * 1000)::float8 AS "createdAt" FROM made`,
    values: [tenant, CONSENSUS_KEY],
  });
  const [peer] = rows;
  if (!peer) throw new Error(`the consensus of ${tenant} got no peer`);
  return peer;
}
