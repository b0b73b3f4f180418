import type { Documents, LogEntry, Position, WrittenTopic } from '../../schema/log-entry.ts';
import type { Cohort } from '../cohort/cohort.ts';
import type { SnapshotItem, SubscriptionEvent } from '../ports.ts';
import { changeOf, judge } from '../streamer/change.ts';
import type { Predicate } from '../streamer/predicate.ts';
import type { SubscriptionPlan } from '../subscribing/plan.ts';

/** The events that entries are to those who watch the set that satisfies `matches`. */
export function matchingEvents(
  entries: readonly LogEntry[],
  matches: Predicate,
  cohort: Cohort,
): SubscriptionEvent[] {
  return entries.flatMap((entry) => {
    const type = judge(changeOf(entry), matches);
    return type ? [cohort.eventOf(entry, type)] : [];
  });
}

/** Says where the tail begins. */
export function readyEvent({ identity, topic }: SubscriptionPlan, position: Position): SubscriptionEvent {
  return {
    type: 'READY',
    tenant: identity.tenant,
    topic,
    position,
    key: null,
    timestamp: Date.now(),
    document: null,
  };
}

/**
 * A page of a snapshot, as of `head`. Items come in the order of the log, each with its own position: whoever resumes after
 * one of them, because the connection broke in the middle, gets all the others from the log.
 */
export function snapshotEvents(
  { identity, topic, includeData }: SubscriptionPlan,
  items: readonly SnapshotItem[],
  head: Position,
): SubscriptionEvent[] {
  return items.map(({ key, ts, document, position: given }) => ({
    type: 'SNAPSHOT',
    tenant: identity.tenant,
    topic,
    position: given ?? positionOf(document, head),
    key,
    timestamp: ts,
    document: includeData ? document : null,
  }));
}

function positionOf(document: Documents[WrittenTopic], otherwise: Position): Position {
  return 'position' in document ? document.position : otherwise;
}
