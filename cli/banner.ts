import type { Config } from './config/config.ts';
import { DUTIES } from './serve/roles.ts';

/** Where everything is that a process of its role has, by what people call it. */
interface Places {
  readonly graphiql?: string;
  readonly websocket?: string;
  readonly health: string;
  readonly data: string;
}

/** The places of a server that is ready at `url`. */
export function placesOf(url: string, config: Config): Places {
  const { api, gateway } = DUTIES[config.server.role];
  return {
    ...((api || gateway) && { graphiql: `${url}/graphql` }),
    ...(gateway && { websocket: `${url.replace(/^http/, 'ws')}/graphql` }),
    health: `${url}/health/ready`,
    data: config.server.dataDir,
  };
}

/** What a terminal shows when the server is ready. */
export function banner(places: Places): string {
  return [
    '',
    '  Presage is ready.',
    '',
    ...(places.graphiql ? [`  GraphQL, GraphiQL   ${places.graphiql}`] : []),
    ...(places.websocket ? [`  WebSocket           ${places.websocket}`] : []),
    `  Health              ${places.health}`,
    `  Data                ${places.data}`,
    '',
    '  Ctrl-C stops it.',
    '',
    '',
  ].join('\n');
}
