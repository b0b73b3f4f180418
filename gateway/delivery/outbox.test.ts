import { describe, expect, it } from 'vitest';
import { MemorySocket } from '../testing/memory-socket.ts';
import { Burst } from './burst.ts';
import { ByteBudget } from './byte-budget.ts';
import { Outbox } from './outbox.ts';

function budgetOf(byteBudget: number): ByteBudget {
  return new ByteBudget({ byteBudget, totalByteBudget: 1_000_000 });
}

describe('an outbox', () => {
  it('is full past its budget and has room when all of it is out', async () => {
    const socket = new MemorySocket();
    const outbox = new Outbox(socket, budgetOf(100), new Burst());
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

  it('has room again after a frame that is past the budget only by what the transport adds', async () => {
    const socket = new MemorySocket(10);
    const outbox = new Outbox(socket, budgetOf(100), new Burst());
    socket.stall();
    outbox.send(Buffer.alloc(95));
    expect(outbox.full).toBe(true);
    const room = outbox.room();
    socket.flow();
    await room;
    expect(outbox.full).toBe(false);
  });

  it('lets nobody wait and sends nothing once it is closed', async () => {
    const socket = new MemorySocket();
    const outbox = new Outbox(socket, budgetOf(10), new Burst());
    socket.stall();
    outbox.send(Buffer.alloc(50));
    const room = outbox.room();
    outbox.close();
    await room;
    outbox.send(Buffer.alloc(50));
    expect(socket.bufferedAmount).toBe(50);
  });

  it('sends what a burst held back once, at its end', () => {
    const burst = new Burst();
    let uncorked = 0;
    const corked = {
      uncork: () => {
        uncorked += 1;
      },
    };
    burst.during(() => burst.hold(corked));
    burst.during(() => undefined);
    expect(uncorked).toBe(1);
  });

  it('holds back what is sent in a burst until that is through, whatever becomes of it', () => {
    const burst = new Burst();
    const sockets = [new MemorySocket(), new MemorySocket(), new MemorySocket()];
    const [first, second] = sockets.map((socket) => new Outbox(socket, budgetOf(1_000), burst));
    const taken = () => sockets.map((socket) => socket.taken.join(' '));
    first?.send(Buffer.from('a'));
    const handOut = () => {
      first?.send(Buffer.from('b'));
      // One within another is part of it.
      burst.during(() => second?.send(Buffer.from('c')));
      first?.send(Buffer.from('d'));
      expect([taken(), first?.bufferedBytes]).toEqual([['a', '', ''], 2]);
      throw new Error('broken');
    };
    expect(() => burst.during(handOut)).toThrow('broken');
    expect(taken()).toEqual(['a b d', 'c', '']);
    first?.send(Buffer.from('e'));
    expect(taken()).toEqual(['a b d e', 'c', '']);
    // One entry for two connections is written to both when both have been handed it.
    const writtenAtLast: string[][] = [];
    burst.each(['f'], (payload) => {
      first?.send(Buffer.from(payload));
      second?.send(Buffer.from(payload));
      writtenAtLast.push(taken());
    });
    expect([...writtenAtLast, taken()]).toEqual([
      ['a b d e', 'c', ''],
      ['a b d e f', 'c f', ''],
    ]);
  });
});
