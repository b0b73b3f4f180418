import { fromSymbols } from '../../schema/filter/from-symbols.ts';
import { toWhere } from '../../schema/filter/to-where.ts';
import type { StreamWhere } from '../../schema/generated/graphql.ts';
import { isServerUuid } from '../storage/server-uuid.ts';

/** What a neuron was told to follow. */
export interface Following {
  /** Names and uuids. */
  readonly streams: readonly string[];
  readonly tags: readonly string[];
  /** Conditions in symbols. */
  readonly filters: readonly string[];
}

/**
 * The streams a neuron follows, as a filter; `undefined` for all of them. A stream is named by its name, its uuid or
 * one of its tags (each of them, where nothing is named), and meets every condition.
 */
export function followedStreams({ streams, tags, filters }: Following): StreamWhere | undefined {
  const uuids = streams.filter(isServerUuid);
  const names = streams.filter((text) => !isServerUuid(text));
  const or: StreamWhere[] = tags.map((contains) => ({ tags: { contains } }));
  if (names.length > 0) or.push({ name: { in: names } });
  if (uuids.length > 0) or.push({ uuid: { in: uuids } });
  const and = filters.map(conditionOf);
  if (or.length > 0) and.push({ or });
  return and.length > 1 ? { and } : and[0];
}

/** One condition on streams. In the symbols' form a stream's fields are named from the outside: `stream.name`. */
function conditionOf(filter: string): StreamWhere {
  const { stream } = toWhere(fromSymbols('stream', [filter]));
  return { ...(typeof stream === 'object' && stream) };
}

/** The same set of streams as the same text, in whatever order it was listed. */
export function followedText({ streams, tags, filters }: Following): string {
  const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();
  // As it was written before there were tags and filters: what is followed stays the same for those who use none.
  if (tags.length === 0 && filters.length === 0) return JSON.stringify(sorted(streams));
  return JSON.stringify({ streams: sorted(streams), tags: sorted(tags), filters: sorted(filters) });
}
