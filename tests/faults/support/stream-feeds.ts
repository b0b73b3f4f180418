import { EventSource } from 'eventsource';
import { createClient } from 'graphql-sse';
import type { Filter } from '../../../schema/filter/form.ts';
import { toWhere } from '../../../schema/filter/to-where.ts';
import type { Heard, OpenFeed } from './recorder.ts';
import { codeOf, observationsQuery } from './socket-feed.ts';

/** Subscribes to observations by graphql-sse, with its client. `url` is `http://host:port`. */
export function graphqlSseFeed(url: string): OpenFeed {
  return ({ filter, after }, listener) => {
    const client = createClient({ url: `${url}/graphql/stream`, retryAttempts: 0 });
    let isOver = false;
    const end = (refusal: string | null): void => {
      if (!isOver) listener.ended(refusal);
      isOver = true;
    };
    const stop = client.subscribe<{ observations: Heard }>(
      { query: observationsQuery(), variables: { where: toWhere(filter), after } },
      {
        next: ({ data, errors }) => {
          if (isOver) return;
          if (data) listener.event(data.observations);
          else end(codeOf(errors));
        },
        error: () => end(null),
        complete: () => end(null),
      },
    );
    return {
      cut: () => {
        isOver = true;
        stop();
      },
    };
  };
}

/** Follows observations by EventSource. Only filters that a URL can say: see `symbolsOf`. */
export function eventSourceFeed(url: string): OpenFeed {
  return ({ filter, after }, listener) => {
    const parameters = new URLSearchParams({ topic: 'observation', includeData: 'false' });
    for (const symbol of symbolsOf(filter) ?? []) parameters.append('filter', symbol);
    if (after !== null) parameters.set('after', after);
    const source = new EventSource(`${url}/realtime/sse?${parameters}`);
    let isOver = false;
    const end = (refusal: string | null): void => {
      source.close();
      if (!isOver) listener.ended(refusal);
      isOver = true;
    };
    for (const type of ['ready', 'create', 'update', 'delete']) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        const { id }: Heard = JSON.parse(data);
        if (!isOver) listener.event({ type: type.toUpperCase(), cursor: lastEventId, id });
      });
    }
    source.addEventListener('failure', () => end(null));
    source.onerror = ({ code }) => end(code === undefined ? null : `HTTP ${code}`);
    return {
      cut: () => {
        isOver = true;
        source.close();
      },
    };
  };
}

/** A filter as the URL has it: conditions that all must hold; undefined where it is more than that. */
export function symbolsOf(filter: Filter): readonly string[] | undefined {
  if (filter.kind === 'and') {
    const parts = filter.of.map(symbolsOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (filter.kind !== 'is' || filter.op === 'contains' || filter.field === 'observedAt') return undefined;
  const symbols = { eq: '==', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', in: ' in ' } as const;
  // Of no values there is no list that a URL could have.
  if (filter.op === 'in' && filter.value.length === 0) return undefined;
  const value = filter.op === 'in' ? filter.value.join(',') : filter.value;
  return [`${filter.field}${symbols[filter.op]}${value}`];
}
