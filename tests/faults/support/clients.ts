import type { Filter } from '../../../schema/filter/form.ts';
import { SEED } from './form.ts';
import type { Random } from './random.ts';
import { Recorder } from './recorder.ts';
import { socketFeed } from './socket-feed.ts';
import { eventSourceFeed, graphqlSseFeed, symbolsOf } from './stream-feeds.ts';

/** Recording clients of all transports, two of three over WebSockets, each with one of the filters. */
export function someClients(
  url: string,
  count: number,
  filters: readonly Filter[],
  random: Random,
): readonly Recorder[] {
  const sayable = filters.filter((filter) => symbolsOf(filter) !== undefined);
  return Array.from({ length: count }, (_, index) => {
    const seed = SEED + index;
    if (index % 6 === 0) {
      return new Recorder({ open: eventSourceFeed(url), filter: random.pick(sayable), seed });
    }
    const open = index % 6 === 1 ? graphqlSseFeed(url) : socketFeed(url);
    return new Recorder({ open, filter: random.pick(filters), seed });
  });
}
