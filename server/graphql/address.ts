import type { IncomingMessage } from 'node:http';

/**
 * The address that a request came from: the socket's or, behind a proxy that is trusted, the one that this proxy saw,
 * which it appends to `X-Forwarded-For`. What stands before it in the header is whatever the client claims.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string | undefined {
  const header = trustProxy ? request.headers['x-forwarded-for'] : undefined;
  const forwarded = (Array.isArray(header) ? header.join(',') : header)?.split(',').at(-1)?.trim();
  return forwarded || request.socket.remoteAddress;
}
