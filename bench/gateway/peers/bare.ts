import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { listening, nextEvent, type Peer, until } from './peer.ts';

/** Sockets that one frame, made beforehand, is written to and nothing else: what a broadcast can't do without. */
export async function barePeer(): Promise<Peer> {
  const sockets: { readonly raw: Duplex; readonly webSocket: WebSocket }[] = [];
  const server = createServer();
  const accept = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  server.on('upgrade', (request, raw, head) => {
    accept.handleUpgrade(request, raw, head, (webSocket) => sockets.push({ raw, webSocket }));
  });
  const payload = JSON.stringify({ data: { observations: nextEvent(1) } });
  const prepared = textFrame(`{"id":"client-1000","type":"next","payload":${payload}}`);
  return {
    port: await listening(server),
    path: '/graphql',
    subprotocol: '',
    subscribe: '',
    subscribed: (count) => until(() => sockets.length === count),
    publish: () => {
      for (const { raw } of sockets) raw.write(prepared);
    },
    stop: async () => {
      for (const { webSocket } of sockets) webSocket.terminate();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** RFC 6455, 5.2, for texts of 126 to 65,535 bytes. */
function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 0xff]), body]);
}
