import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { toWhere } from '../../../schema/filter/to-where.ts';
import type { Heard, OpenFeed } from './recorder.ts';

/** Subscribes to observations, with more of each if asked for. */
export function observationsQuery(more = ''): string {
  return `subscription ($where: ObservationWhere, $after: Cursor) {
    observations(where: $where, after: $after, ready: true) { type cursor id ${more} } }`;
}

/** A socket that may be cut before it is open, which `ws` reports to nobody but its listeners. */
class CuttableSocket extends WebSocket {
  constructor(address: string, protocols?: string | string[]) {
    super(address, protocols);
    this.on('error', () => undefined);
  }
}

/**
 * Subscribes to observations over a WebSocket by the client library that people use. `url` is `http://host:port`,
 * `accessToken` whose whoever reads is; nobody's by default.
 */
export function socketFeed(url: string, more = '', accessToken?: string): OpenFeed {
  const query = observationsQuery(more);
  return ({ filter, after }, listener) => {
    const client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: CuttableSocket,
      retryAttempts: 0,
      ...(accessToken === undefined ? {} : { connectionParams: { accessToken } }),
    });
    let isCut = false;
    const end = (refusal: string | null, errors?: readonly Coded[]): void => {
      if (!isCut) listener.ended(refusal, resumeAfterOf(errors));
      isCut = true;
      void client.dispose();
    };
    client.subscribe<{ observations: Heard }>(
      { query, variables: { where: toWhere(filter), after } },
      {
        next: ({ data, errors }) => {
          if (isCut) return;
          if (data) listener.event(data.observations);
          else end(codeOf(errors), errors);
        },
        error: (error) => (Array.isArray(error) ? end(codeOf(error), error) : end(null)),
        complete: () => end(null),
      },
    );
    return {
      cut: () => {
        isCut = true;
        client.terminate();
      },
    };
  };
}

/** What GraphQL errors have in all their shapes. */
interface Coded {
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

function resumeAfterOf(errors: readonly Coded[] | undefined): string | undefined {
  const cursor = errors?.[0]?.extensions?.resumeAfter;
  return typeof cursor === 'string' ? cursor : undefined;
}

export function codeOf(errors: readonly Coded[] | undefined): string {
  return String(errors?.[0]?.extensions?.code ?? 'no code');
}
