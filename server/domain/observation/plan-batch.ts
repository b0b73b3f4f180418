import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import type { ChainHead, TenantLog } from '../log/tenant-log.ts';
import { ChainPlan, needsLookup } from './chain-plan.ts';
import type { JudgedObservation } from './judge.ts';
import { readChainHeads, readOccupants } from './slots.ts';

/** Reads what the plan needs to know of the log, as far as it isn't remembered, and makes it. */
export async function planBatch(
  db: Queryable,
  log: TenantLog,
  items: readonly JudgedObservation[],
  ts: EpochMs,
): Promise<ChainPlan> {
  const heads = await chainHeads(db, log, items);
  const plan = new ChainPlan(heads, await readOccupants(db, needsLookup(items, heads)), ts, log.archived);
  for (const item of items) plan.add(item);
  return plan;
}

/** The same from what is remembered; `undefined` where that does not tell what becomes of every item. */
export function planFromMemory(
  log: TenantLog,
  items: readonly JudgedObservation[],
  ts: EpochMs,
): ChainPlan | undefined {
  if (items.some(({ stream }) => !log.chains.has(stream.serverId))) return undefined;
  if (needsLookup(items, log.chains).streamIds.length > 0) return undefined;
  const plan = new ChainPlan(log.chains, new Map(), ts, log.archived);
  for (const item of items) plan.add(item);
  return plan;
}

async function chainHeads(
  db: Queryable,
  log: TenantLog,
  items: readonly JudgedObservation[],
): Promise<ReadonlyMap<number, ChainHead>> {
  const missing = new Set<number>();
  for (const { stream } of items) if (!log.chains.has(stream.serverId)) missing.add(stream.serverId);
  if (missing.size > 0) {
    for (const [id, head] of await readChainHeads(db, [...missing])) log.chains.set(id, head);
  }
  return log.chains;
}
