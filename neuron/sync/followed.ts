import type { StreamWhere } from '../../schema/generated/graphql.ts';
import { isServerUuid } from '../storage/server-uuid.ts';

/** The streams a neuron follows, as a filter; `undefined` for all of them. */
export function followedStreams(streams: readonly string[]): StreamWhere | undefined {
  if (streams.length === 0) return undefined;
  const uuids = streams.filter(isServerUuid);
  const names = streams.filter((text) => !isServerUuid(text));
  const or: StreamWhere[] = [];
  if (names.length > 0) or.push({ name: { in: names } });
  if (uuids.length > 0) or.push({ uuid: { in: uuids } });
  return { or };
}

/** Whether a stored stream is among them. */
export function isFollowed(streams: readonly string[], stream: { uuid: string; name: string }): boolean {
  return streams.length === 0 || streams.includes(stream.uuid) || streams.includes(stream.name);
}

/** The same set of streams as the same text, in whatever order it was listed. */
export function followedText(streams: readonly string[]): string {
  return JSON.stringify([...new Set(streams)].sort());
}
