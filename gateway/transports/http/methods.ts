import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpRefusal } from '../../../schema/http-status.ts';
import { refusalAnswer } from './refusal-answer.ts';

/** As the API has it: tokens come in a header and never in a cookie, so any page may ask without acting for its visitor. */
export const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Retry-After',
} as const;

/** What a client library may send besides, where a browser does not say what it means to send. */
const USUAL_HEADERS = 'Authorization, Content-Type, Accept, Cache-Control, Last-Event-ID';

/**
 * Answers what a browser asks before a request, and refuses methods other than these with 405 and an advice, if there is
 * more to say; false if the request is for the caller to answer.
 */
export function answerOtherMethods(
  { method = '', headers: asked }: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[],
  advice = '',
): boolean {
  if (methods.includes(method)) return false;
  const allow = [...methods, 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') {
    response.writeHead(204, {
      ...CORS_HEADERS,
      'access-control-allow-methods': allow,
      // Whatever it is, as of the API: client libraries, and tracing, have headers of their own.
      'access-control-allow-headers': asked['access-control-request-headers'] ?? USUAL_HEADERS,
      vary: 'Access-Control-Request-Headers',
      'access-control-max-age': '86400',
    });
    response.end();
    return true;
  }
  const error = new HttpRefusal(
    405,
    `${method} is not for this address; use ${methods.join(' or ')}.${advice}`,
  );
  const { status, headers, body } = refusalAnswer(error);
  response.writeHead(status, { ...CORS_HEADERS, ...headers, allow, connection: 'close' }).end(body);
  return true;
}
