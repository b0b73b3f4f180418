import type { Config } from './config/config.ts';

/** Where everything is, by what people call it. */
export interface Places {
  readonly graphiql: string;
  readonly websocket: string;
  readonly health: string;
  readonly data: string;
}

/** The places of a server that is ready at `url`. */
export function placesOf(url: string, config: Config): Places {
  return {
    graphiql: `${url}/graphql`,
    websocket: `${url.replace(/^http/, 'ws')}/graphql`,
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
    `  GraphQL, GraphiQL   ${places.graphiql}`,
    `  WebSocket           ${places.websocket}`,
    `  Health              ${places.health}`,
    `  Data                ${places.data}`,
    '',
    '  Ctrl-C stops it.',
    '',
    '',
  ].join('\n');
}
