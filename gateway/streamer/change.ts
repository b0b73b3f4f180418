import type { LineageDocument, LogEntry } from '../../schema/log-entry.ts';
import type { EventType } from '../ports.ts';
import { type Matchable, NO_STREAM } from './matchable.ts';
import type { Predicate } from './predicate.ts';

/** What an entry did to the set of things that exist: null where the thing was not there, or is no longer. */
export interface Change {
  readonly before: Matchable | null;
  readonly after: Matchable | null;
}

/** How an entry changes a matching set; the same as the event's type. */
export type SetChange = Extract<EventType, 'CREATE' | 'UPDATE' | 'DELETE'>;

export function changeOf(entry: LogEntry): Change {
  const { after, before } = versionsOf(entry);
  switch (entry.type) {
    case 'CREATE':
      return { before: null, after };
    case 'UPDATE':
      return { before, after };
    case 'DELETE':
      return { before: before ?? after, after: null };
  }
}

function versionsOf(entry: LogEntry): { after: Matchable; before: Matchable | null } {
  switch (entry.topic) {
    case 'stream':
      return { after: { stream: entry.document }, before: entry.before ? { stream: entry.before } : null };
    case 'observation':
      return { after: entry.document, before: entry.before && !entry.before.retracted ? entry.before : null };
    case 'prediction':
    case 'consensus':
    case 'score':
      return { after: entry.document, before: entry.before ?? null };
    case 'lineage':
      return {
        after: lineageMatchable(entry.document),
        before: entry.before ? lineageMatchable(entry.before) : null,
      };
  }
}

/** Conditions on the record are about its own fields: it is on no one stream. */
export function lineageMatchable(lineage: LineageDocument): Matchable {
  return { stream: NO_STREAM, lineage };
}

/** What a change is to those who watch the set that satisfies `matches`; null if it is nothing to them. */
export function judge(change: Change, matches: Predicate): SetChange | null {
  const was = change.before !== null && matches(change.before);
  const is = change.after !== null && matches(change.after);
  if (is) return was ? 'UPDATE' : 'CREATE';
  return was ? 'DELETE' : null;
}
