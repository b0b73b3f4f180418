import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from '../../schema/http-status.ts';
import { withoutQuery } from './without-query.ts';

const ANSWERS = [
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed',
];
/** Every answer, as `type/*` too. */
const RANGES = new Set(['*/*', ...ANSWERS, ...ANSWERS.map((type) => `${type.split('/', 1)[0]}/*`)]);

/**
 * Looks at what can be refused before a body is read: an answer of a type that there is none of, a GET without an operation
 * that is no browser's for GraphiQL. Throws `HttpRefusal`, `BAD_INPUT`.
 */
export function checkAsked(request: IncomingMessage): void {
  const { accept } = request.headers;
  if (request.method === 'GET') {
    if (accept?.includes('text/html')) return;
    checkParameters(request);
  } else if (request.method !== 'POST') return;
  if (!isAcceptable(accept)) {
    const message = `Nothing here is "${accept?.slice(0, 60)}"; accept application/graphql-response+json or application/json.`;
    throw new HttpRefusal(406, message);
  }
}

function checkParameters({ url = '/' }: IncomingMessage): void {
  const parameters = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  if (parameters.has('query')) return;
  throw withoutQuery(
    parsed(parameters.get('extensions')),
    'give it as ?query=…, or send {"query": "…"} by POST. A browser finds GraphiQL here.',
  );
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return null;
  }
}

function isAcceptable(accept: string | undefined): boolean {
  if (!accept) return true;
  return accept.split(',').some((range) => RANGES.has((range.split(';', 1)[0] ?? '').trim().toLowerCase()));
}
