import type { LogEntry, ObservationEntry, Position } from '../../../schema/log-entry.ts';
import { observationId } from '../../../schema/node-id.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { explainFailure } from '../log/unavailable.ts';
import type { LogEnd } from './append-statement.ts';
import type { ChainPlan, Verdict } from './chain-plan.ts';
import type { JudgedObservation } from './judge.ts';

/** The answer to one call: a verdict an item, and the position at which all of it is visible. */
export interface IngestReport {
  readonly verdicts: readonly Verdict[];
  readonly position: Position;
}

/** A call that waits to be appended. */
export interface IngestCall {
  readonly items: readonly JudgedObservation[];
  resolve(report: IngestReport): void;
  reject(error: unknown): void;
}

export function itemsOf(calls: readonly IngestCall[]): JudgedObservation[] {
  return calls.flatMap((call) => call.items);
}

/** A plan that is committed, and after what. */
interface CommittedPlan extends LogEnd {
  readonly tenant: string;
  readonly plan: ChainPlan;
  readonly ts: EpochMs;
}

/** What a plan appends after `head`, as entries of the log. */
export function toEntries({ tenant, head, timeline, plan, ts }: CommittedPlan): LogEntry[] {
  return plan.appended.map(({ stream, value, observedAt, hash, provider }, index): ObservationEntry => {
    const position = head + index + 1;
    return {
      tenant,
      position,
      topic: 'observation',
      type: 'CREATE',
      ts,
      key: observationId(stream.serverId, observedAt),
      timeline,
      document: { stream, position, value, observedAt, ts, hash, provider, revision: 0, retracted: false },
    };
  });
}

/** Gives each call its part of the verdicts. */
export function settle(calls: readonly IngestCall[], { verdicts, position }: IngestReport): void {
  let start = 0;
  for (const call of calls) {
    call.resolve({ verdicts: verdicts.slice(start, start + call.items.length), position });
    start += call.items.length;
  }
}

export function reject(calls: readonly IngestCall[], error: unknown): void {
  for (const call of calls) call.reject(explainFailure(error));
}
