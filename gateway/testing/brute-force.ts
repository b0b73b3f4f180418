import type { Condition, Filter, Membership } from '../../schema/filter/form.ts';
import type { LogEntry, ObservationDocument, Position } from '../../schema/log-entry.ts';

/** One event as a client sees it. */
export interface Seen {
  readonly type: string;
  readonly position: Position;
  readonly id: string;
}

/**
 * What a subscriber must have got, from the definition alone: walk the whole log, keep what exists, and compare
 * whether a thing was in the set with whether it is. Shares no code with the streamer.
 */
export function eventsAfter(entries: readonly LogEntry[], after: Position, filter: Filter): Seen[] {
  const present = new Map<string, ObservationDocument>();
  const events: Seen[] = [];
  for (const { topic, key, position, document } of entries as readonly ObservationLike[]) {
    if (topic !== 'observation') continue;
    const before = present.get(key);
    const was = before !== undefined && satisfies(before, filter);
    if (document.retracted) present.delete(key);
    else present.set(key, document);
    const is = !document.retracted && satisfies(document, filter);
    if (position <= after || (!was && !is)) continue;
    events.push({ type: was ? (is ? 'UPDATE' : 'DELETE') : 'CREATE', position, id: key });
  }
  return events;
}

/** The newest observation of each stream as of a position, where it matches, in log order. */
export function snapshotAt(entries: readonly LogEntry[], position: Position, filter: Filter): Seen[] {
  const newest = new Map<string, { id: string; document: ObservationDocument }>();
  for (const [id, document] of observationsAt(entries, position)) {
    const other = newest.get(document.stream.uuid);
    if (!other || other.document.observedAt < document.observedAt)
      newest.set(document.stream.uuid, { id, document });
  }
  return [...newest.values()]
    .filter(({ document }) => satisfies(document, filter))
    .map(({ id, document }) => ({ type: 'SNAPSHOT', position: document.position, id }))
    .sort((a, b) => a.position - b.position);
}

function observationsAt(entries: readonly LogEntry[], position: Position): Map<string, ObservationDocument> {
  const present = new Map<string, ObservationDocument>();
  for (const { topic, key, document } of entries.slice(0, position) as readonly ObservationLike[]) {
    if (topic === 'observation' && !document.retracted) present.set(key, document);
    else present.delete(key);
  }
  return present;
}

type ObservationLike = Pick<LogEntry, 'topic' | 'key' | 'position'> & {
  readonly document: ObservationDocument;
};

export function satisfies(document: ObservationDocument, filter: Filter): boolean {
  if (filter.kind === 'and') return filter.of.every((part) => satisfies(document, part));
  if (filter.kind === 'or') return filter.of.some((part) => satisfies(document, part));
  if (filter.kind === 'not') return !satisfies(document, filter.of);
  return holds(document, filter);
}

function holds(
  document: ObservationDocument,
  { field, op, value: operand }: Condition | Membership,
): boolean {
  const value = fieldOf(document, field);
  if (value === null) return op === 'ne';
  if (op === 'in') return Array.isArray(operand) && operand.includes(value);
  if (op === 'contains') return value.includes(String(operand));
  const order = compare(field, String(value), String(operand));
  return { eq: order === 0, ne: order !== 0, gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[
    op
  ];
}

function fieldOf(document: ObservationDocument, field: string): string | readonly string[] | null {
  const { stream } = document;
  const fields: Record<string, string | readonly string[] | null> = {
    'stream.uuid': stream.uuid,
    'stream.name': stream.name,
    'stream.secondary': stream.secondary,
    'stream.tags': stream.tags,
    value: document.value,
    observedAt: String(document.observedAt),
  };
  return fields[field] ?? null;
}

function compare(field: string, a: string, b: string): number {
  if (field !== 'value' && field !== 'observedAt') return a < b ? -1 : a > b ? 1 : 0;
  const [left, right] = [scaled(a), scaled(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A decimal times 10^30, exactly. */
function scaled(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(30, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
}
