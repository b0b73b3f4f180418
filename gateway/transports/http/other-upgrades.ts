import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Whether a request with an `Upgrade` asks for a WebSocket. HTTP/1.0 has no upgrades (RFC 9110, section 7.8). */
export function asksForWebSocket({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion !== '1.0' && headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/** Headers that ask for another protocol on the connection, which nobody answers here. */
const ABOUT_UPGRADES = ['upgrade', 'connection', 'http2-settings'];

/**
 * Answers a request as if it had asked for no other protocol, as servers have to that don't know it: Java's HttpClient and
 * `curl --http2` ask for `h2c` by the by. Node takes any `Upgrade` for the end of HTTP once somebody listens for WebSockets,
 * so the request is read once more, without it, as the first of a connection.
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!ABOUT_UPGRADES.includes(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
