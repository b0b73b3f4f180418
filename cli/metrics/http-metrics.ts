import type { IncomingMessage, ServerResponse } from 'node:http';
import { Histogram, type Registry } from 'prom-client';

/** Paths that are told apart; any other is one, or clients could make as many series as they like. */
const ROUTES = new Set([
  '/',
  '/graphql',
  '/graphql/stream',
  '/realtime/sse',
  '/health/live',
  '/health/ready',
  '/metrics',
]);
const METHODS = new Set(['GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE', 'PATCH']);

/** Times every request from its head to the end of its answer; streams count when they end. */
export function watchRequests(
  registry: Registry,
): (request: IncomingMessage, response: ServerResponse) => void {
  const seconds = new Histogram({
    name: 'presage_http_request_seconds',
    help: 'HTTP requests by route, method and status, from their head to the end of the answer.',
    labelNames: ['route', 'method', 'status'],
    buckets: [1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 1e-1, 2.5e-1, 5e-1, 1, 2.5, 10],
    registers: [registry],
  });
  return ({ url = '/', method = '' }, response) => {
    const began = performance.now();
    const path = url.split('?', 1)[0] ?? '/';
    response.once('close', () => {
      const route = ROUTES.has(path) ? path : 'other';
      const known = METHODS.has(method) ? method : 'other';
      const status = String(response.statusCode);
      seconds.observe({ route, method: known, status }, (performance.now() - began) / 1_000);
    });
  };
}
