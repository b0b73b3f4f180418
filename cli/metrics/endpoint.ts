import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

export interface MetricsAccess {
  /** Who may read without a token. */
  readonly read: 'loopback' | 'all' | 'none';
  /** Lets any address read that sends it as a bearer token. */
  readonly token: string | null;
}

/** Answers `GET /metrics` in Prometheus' text format, to those who may read it; false for other paths. */
export function metricsEndpoint(
  registry: Registry,
  access: MetricsAccess,
  onFailure: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    if ((request.url ?? '/').split('?', 1)[0] !== '/metrics') return false;
    if (!mayRead(request, access)) {
      const error =
        'Metrics are for this machine only, or for whoever sends "Authorization: Bearer <PRESAGE_METRICS_TOKEN>"; see docs/operations.md.';
      response.writeHead(403, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify({ error }));
      return true;
    }
    registry.metrics().then(
      (text) => {
        response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
        response.end(text);
      },
      (error: unknown) => {
        onFailure(error);
        response.writeHead(500).end();
      },
    );
    return true;
  };
}

function mayRead(request: IncomingMessage, { read, token }: MetricsAccess): boolean {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token !== null && given !== undefined && isSame(given, token)) return true;
  return read === 'all' || (read === 'loopback' && isFromHere(request));
}

/** What a proxy on this machine passes on comes from here, too, and does not count. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return address === '::1' || address.startsWith('127.');
}

/** Takes as long whatever the difference. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
