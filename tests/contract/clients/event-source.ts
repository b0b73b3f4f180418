import { EventSource } from 'eventsource';
import { type Ask, ContractClient, type ContractEvent, type ContractTransport } from '../contract-client.ts';
import { gatedFetch } from './gated-fetch.ts';
import { refusalOf } from './graphql-sse.ts';

const TYPES = ['ready', 'snapshot', 'create', 'update', 'delete'];

/** Plain EventSource, by the package that is one for Node. */
export const eventSource: ContractTransport = {
  name: 'eventsource',
  subscribe: (url, ask) => {
    const client = new ContractClient();
    const gated = gatedFetch(client, (body) => client.over(refusalOf(body)));
    const source = new EventSource(`${url}/realtime/sse?${parametersOf(ask)}`, {
      fetch: (input, init) =>
        gated(input, {
          ...init,
          headers: {
            ...init.headers,
            ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
          },
        }),
    });
    for (const type of TYPES) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        const event: ContractEvent = JSON.parse(data);
        client.take({ ...event, cursor: lastEventId });
      });
    }
    source.addEventListener('failure', ({ data }) => client.over(JSON.parse(data).code));
    source.onerror = () => {
      // It would come again by itself, which `Last-Event-ID` has a test of its own for.
      source.close();
      client.over('GONE');
    };
    client.stop = () => source.close();
    return client;
  },
  withTokenInUrl: async (url) => {
    const response = await fetch(`${url}/realtime/sse?topic=observation&access_token=alice`);
    return refusalOf(await response.json());
  },
};

function parametersOf({ filter = [], after, snapshot, ready, includeData }: Ask): string {
  const parameters = new URLSearchParams({ topic: 'observation', ready: String(ready ?? false) });
  for (const one of filter) parameters.append('filter', one);
  if (after !== undefined) parameters.set('after', after);
  if (snapshot !== undefined) parameters.set('snapshot', String(snapshot));
  if (includeData !== undefined) parameters.set('includeData', String(includeData));
  return parameters.toString();
}
