import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { answerJson, answerLive, answerReady, type Readiness } from '../../server/graphql/health.ts';

/** Answers requests that are its own; false for others. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What a process that only matches answers: how it is. */
export function answerHealth(readiness: Readiness): Answerer {
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/health/live') answerLive(response);
    else if (path === '/health/ready') void answerReady(response, readiness);
    else
      answerJson(response, 404, {
        error: `This process has the role streamer: there is nothing at ${path}.`,
      });
    return true;
  };
}

/** Answers WebSocket handshakes at a process that takes no subscriptions. */
export function refuseUpgrades(http: Server): void {
  const body = 'This process takes no subscriptions; connect to one with the role gateway or all.\n';
  http.on('upgrade', (_, socket) => {
    socket.on('error', () => undefined);
    socket.end(
      `HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
}
