import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** Ways in which one text can be written to many sockets, without anything else being done. */
export type Way = 'prepared' | 'ws-send' | 'copied' | 'corked';

/** Sockets that are written to and nothing else: what a broadcast can't do without. */
export async function barePeer(
  way: Way,
  textOf: (client: number) => { head: string; payload: Buffer; tail: string },
) {
  const sockets: { readonly raw: Duplex; readonly ws: WebSocket }[] = [];
  const server = createServer();
  const accept = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  server.on('upgrade', (request, raw, head) =>
    accept.handleUpgrade(request, raw, head, (ws) => sockets.push({ raw, ws })),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const publish = () => {
    const prepared = framed(textOf(0));
    for (const [client, { raw, ws }] of sockets.entries()) {
      switch (way) {
        case 'prepared':
          raw.write(prepared);
          break;
        case 'ws-send': {
          const { head, payload, tail } = textOf(client);
          ws.send(Buffer.concat([Buffer.from(head), payload, Buffer.from(tail)]), { binary: false });
          break;
        }
        case 'copied':
          raw.write(framed(textOf(client)));
          break;
        case 'corked': {
          const { head, payload, tail } = textOf(client);
          const before = framed({ head, payload: Buffer.alloc(0), tail: '' }, payload.length + tail.length);
          raw.cork();
          raw.write(before);
          raw.write(payload);
          raw.write(tail, 'latin1');
          raw.uncork();
          break;
        }
      }
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    publish,
    stop: () =>
      new Promise((resolve) => {
        for (const { ws } of sockets) ws.terminate();
        server.close(resolve);
      }),
  };
}

/** One WebSocket text frame in one buffer. `more` bytes of it follow elsewhere. */
function framed({ head, payload, tail }: { head: string; payload: Buffer; tail: string }, more = 0): Buffer {
  const length = head.length + payload.length + tail.length;
  const total = length + more;
  const header = total < 126 ? 2 : total < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = total;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(total, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(total), 2);
  }
  frame.write(head, header, 'latin1');
  payload.copy(frame, header + head.length);
  frame.write(tail, header + head.length + payload.length, 'latin1');
  return frame;
}
