import { describe, expect, it } from 'vitest';
import { MemorySocket } from '../testing/memory-socket.ts';
import { Outbox } from './outbox.ts';

describe('an outbox', () => {
  it('is full past its budget and has room when all of it is out', async () => {
    const socket = new MemorySocket();
    const outbox = new Outbox(socket, 100);
    socket.stall();
    outbox.send(Buffer.alloc(90));
    expect(outbox.full).toBe(false);
    await outbox.room();
    outbox.send(Buffer.alloc(20));
    outbox.send(Buffer.alloc(5));
    expect([outbox.full, outbox.bufferedBytes, outbox.takenBytes]).toEqual([true, 115, 0]);
    const waiters = [outbox.room(), outbox.room()];
    let waited = false;
    const both = Promise.all(waiters).then(() => {
      waited = true;
    });
    await new Promise(setImmediate);
    expect(waited).toBe(false);
    socket.flow();
    await both;
    expect([outbox.full, outbox.takenBytes]).toEqual([false, 115]);
  });

  it('lets nobody wait and sends nothing once it is closed', async () => {
    const socket = new MemorySocket();
    const outbox = new Outbox(socket, 10);
    socket.stall();
    outbox.send(Buffer.alloc(50));
    const room = outbox.room();
    outbox.close();
    await room;
    outbox.send(Buffer.alloc(50));
    expect(socket.bufferedAmount).toBe(50);
  });
});
