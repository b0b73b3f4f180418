import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { EVENT_SOURCE_PATH, STREAM_PATH } from '../../gateway/gateway.ts';
import { asksForWebSocket, ignoreUpgrade } from '../../gateway/transports/http/other-upgrades.ts';
import { answerLive, answerNothing, answerReady, type Readiness } from '../../server/graphql/health.ts';

/** Answers requests that are its own; false for others. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What a process that only matches answers: how it is. */
export function answerHealth(readiness: Readiness): Answerer {
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/health/live') answerLive(response);
    else if (path === '/health/ready') void answerReady(response, readiness);
    else answerNothing(response, `This process has the role streamer: there is nothing at ${path}.`);
    return true;
  };
}

const ELSEWHERE = 'This process takes no subscriptions; connect to one with the role gateway or all.';

/** Answers requests for event streams at a process that takes no subscriptions. */
export const refuseEventStreams: Answerer = (request, response) => {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== STREAM_PATH && path !== EVENT_SOURCE_PATH) return false;
  answerNothing(response, ELSEWHERE);
  return true;
};

/** Answers WebSocket handshakes there. */
export function refuseUpgrades(http: Server): void {
  const body = JSON.stringify({ errors: [{ message: ELSEWHERE, extensions: { code: 'NOT_FOUND' } }] });
  http.on('upgrade', (request, socket, head) => {
    if (!asksForWebSocket(request)) {
      ignoreUpgrade(http, request, socket, head);
      return;
    }
    socket.on('error', () => undefined);
    socket.once('finish', () => socket.destroy());
    socket.end(
      `HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
}
