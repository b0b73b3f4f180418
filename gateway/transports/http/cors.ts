import type { IncomingMessage, ServerResponse } from 'node:http';

/** As the API has it: tokens come in a header and never in a cookie, so any page may ask without acting for its visitor. */
export const CORS_HEADERS = { 'access-control-allow-origin': '*' } as const;

/** Answers what a browser asks before a request; false if this is none of that. */
export function answerPreflight(
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[],
): boolean {
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, {
    ...CORS_HEADERS,
    'access-control-allow-methods': [...methods, 'OPTIONS'].join(', '),
    'access-control-allow-headers': 'Authorization, Content-Type, Accept, Cache-Control, Last-Event-ID',
    'access-control-max-age': '86400',
  });
  response.end();
  return true;
}
