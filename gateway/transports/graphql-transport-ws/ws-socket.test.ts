import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Frame } from '../../delivery/outbox.ts';
import { WsSocket } from './ws-socket.ts';

const wrapped = (payload: string): Frame => ({ head: '<', payload: Buffer.from(payload), tail: '>' });

describe('a WebSocket', () => {
  const server = createServer();
  const accept = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  afterEach(() => {
    server.removeAllListeners('upgrade');
    server.close();
  });

  /** One end as the gateway has it, and what comes out at the other. */
  async function connected() {
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const accepted = new Promise<{ socket: WsSocket; raw: Duplex }>((resolve) => {
      server.once('upgrade', (request, raw, head) => {
        accept.handleUpgrade(request, raw, head, (webSocket) => {
          resolve({ socket: new WsSocket(webSocket, raw, 1_000), raw });
        });
      });
    });
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const taken: string[] = [];
    client.on('message', (data) => taken.push(String(data)));
    const { socket, raw } = await accepted;
    await once(client, 'open');
    return { socket, client, taken, writes: vi.spyOn(raw, 'write') };
  }

  it('writes what it held back at once, in order, whatever frames those are', async () => {
    const { socket, client, taken, writes } = await connected();
    const long = 'l'.repeat(10_000);
    const flushed = vi.fn();
    socket.send(wrapped('a'));
    expect(writes).toHaveBeenCalledTimes(1);
    const corked = socket.cork();
    for (const payload of ['b', 'é', 'c'.repeat(200)]) socket.send(wrapped(payload));
    expect([writes.mock.calls.length, socket.bufferedAmount]).toEqual([1, 5 + 6 + 206]);
    // Those that are not held back come after those that were.
    socket.send(Buffer.from('whole'));
    expect(writes).toHaveBeenCalledTimes(3);
    socket.send(wrapped('d'));
    socket.send(wrapped(long));
    socket.send(wrapped('e'));
    // Whoever waits for it to be out is told.
    socket.send(wrapped('f'), flushed);
    socket.send(wrapped('g'));
    corked.uncork();
    socket.send(wrapped('h'));
    await vi.waitUntil(() => taken.length === 11);
    const texts = ['a', 'b', 'é', 'c'.repeat(200), 'whole', 'd', long, 'e', 'f', 'g', 'h'];
    expect(taken).toEqual(texts.map((text) => (text === 'whole' ? text : `<${text}>`)));
    expect([flushed.mock.calls.length, socket.bufferedAmount]).toEqual([1, 0]);
    client.terminate();
  });

  it('writes a frame however long a part of it is', async () => {
    const { socket, client, taken } = await connected();
    const id = 'i'.repeat(70_000);
    const corked = socket.cork();
    for (const payload of ['', 'p']) socket.send({ head: id, payload: Buffer.from(payload), tail: '>' });
    corked.uncork();
    await vi.waitUntil(() => taken.length === 2);
    expect(taken.map((text) => text.slice(id.length))).toEqual(['>', 'p>']);
    client.terminate();
  });

  it('holds back a bounded amount', async () => {
    const { socket, client, taken, writes } = await connected();
    const corked = socket.cork();
    let most = 0;
    for (let n = 0; n < 200; n += 1) {
      socket.send(wrapped('x'.repeat(1_000)));
      most = Math.max(most, socket.bufferedAmount);
    }
    expect(writes.mock.calls.length).toBe(3);
    expect(most).toBeLessThan(70_000);
    corked.uncork();
    await vi.waitUntil(() => taken.length === 200);
    client.terminate();
  });

  it.each([
    ['held back', 1_000, true],
    ['short', 1_000, false],
    ['long', 10_000, false],
  ])(
    'says how much of frames that are %s waits for a client that takes nothing, until it has taken all',
    async (_what, length, corks) => {
      const { socket, client, taken } = await connected();
      client.pause();
      let sent = 0;
      for (; socket.bufferedAmount < 100_000 && sent < 50_000; sent += 1) {
        const corked = corks ? socket.cork() : null;
        socket.send(wrapped('x'.repeat(length)));
        corked?.uncork();
      }
      expect(socket.bufferedAmount).toBeGreaterThanOrEqual(100_000);
      expect(socket.bufferedAmount).toBeLessThan(100_000 + length + 16);
      client.resume();
      await vi.waitUntil(() => socket.bufferedAmount === 0);
      socket.send(wrapped('last'));
      await vi.waitUntil(() => taken.length === sent + 1);
      expect(socket.bufferedAmount).toBe(0);
      client.terminate();
    },
  );

  it('sends what it held back before it closes, and nothing afterwards', async () => {
    const { socket, client, taken } = await connected();
    const closed = once(client, 'close');
    const corked = socket.cork();
    socket.send(wrapped('last'));
    socket.close(4_400, 'over');
    const flushed = vi.fn();
    socket.send(wrapped('late'), flushed);
    corked.uncork();
    await closed;
    expect([taken, flushed.mock.calls.length]).toEqual([['<last>'], 1]);
  });
});
