import type { Position } from '../../../schema/log-entry.ts';

/** A stretch of a log: what comes after `startsAfter`, up to where the next one starts, was written in it. */
export interface Timeline {
  readonly id: string;
  readonly startsAfter: Position;
}

/** A log's stretches in order, and how far it reaches. */
export interface KnownLog {
  readonly timelines: readonly Timeline[];
  readonly position: Position;
}

/** The timeline that is written in; null before the first entry. */
export function newest({ timelines }: KnownLog): string | null {
  return timelines.at(-1)?.id ?? null;
}

/**
 * How far a log is the same as one that is made of these timelines, or of which these are the last; undefined if it has none
 * of them. Timelines that it has end where it says, those that it has not took the place of their ends before that.
 */
export function commonWith(
  { timelines, position }: KnownLog,
  other: readonly Timeline[],
): Position | undefined {
  for (let at = other.length - 1; at >= 0; at -= 1) {
    const here = timelines.findIndex(({ id }) => id === other[at]?.id);
    if (here === -1) continue;
    return Math.min(timelines[here + 1]?.startsAfter ?? position, other[at + 1]?.startsAfter ?? Infinity);
  }
  return undefined;
}

/** The timeline of a position, where it starts and the one before it: what goes back beyond one of them is seldom. */
export function markOf(timelines: readonly Timeline[], position: Position): string | undefined {
  const at = timelines.findLastIndex(({ startsAfter }) => startsAfter < position);
  const [before, timeline] = [timelines[at - 1], timelines[at]];
  if (!timeline || !before) return timeline?.id;
  return `${timeline.id}-${timeline.startsAfter.toString(36)}-${before.id}`;
}

/** What a mark says: of the timeline before, only its name. */
export function timelinesOf(mark: string): readonly Timeline[] {
  const [id = '', start = '0', before] = mark.split('-');
  const timeline = { id, startsAfter: Number.parseInt(start, 36) || 0 };
  return before === undefined ? [timeline] : [{ id: before, startsAfter: 0 }, timeline];
}
