import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemorySocket } from '../testing/memory-socket.ts';
import { Burst } from './burst.ts';
import { ByteBudget } from './byte-budget.ts';
import { Outbox } from './outbox.ts';

const LEAST = 16_384;
const FRAME = 1_000;
const SETTINGS = { byteBudget: 200_000, totalByteBudget: 1_048_576 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Peer {
  readonly socket: MemorySocket;
  readonly outbox: Outbox;
}

function open(budget: ByteBudget): Peer {
  const socket = new MemorySocket();
  return { socket, outbox: new Outbox(socket, budget, new Burst()) };
}

const waitingFor = (peers: readonly Peer[]) =>
  peers.reduce((sum, { outbox }) => sum + outbox.bufferedBytes, 0);

/** What a subscription does: nothing is sent to one that is full. */
function feed({ outbox }: Peer, frames: number): void {
  for (let n = 0; n < frames && !outbox.full; n += 1) outbox.send(Buffer.alloc(FRAME));
}

describe('the budget of all connections', () => {
  it('gives each its own while there is room, and less the fuller the whole is', () => {
    const budget = new ByteBudget(SETTINGS);
    const peers = Array.from({ length: 40 }, () => open(budget));
    expect(budget.perConnection).toBe(65_536);
    for (const { socket } of peers) socket.stall();
    for (let round = 0; round < 300; round += 1) for (const peer of peers) feed(peer, 1);
    const { totalByteBudget } = SETTINGS;
    expect(waitingFor(peers)).toBeLessThan(totalByteBudget * (17 / 16) + 40 * (LEAST + FRAME));
    expect(budget.perConnection).toBeLessThan(65_536 / 2);
    // One that comes now gets on all the same.
    const late = open(budget);
    feed(late, 10);
    expect(late.outbox.full).toBe(false);
    expect(late.socket.taken).toHaveLength(10);
  });

  it('wakes whoever waits when others have taken theirs, and is as it was then', async () => {
    const logged: string[] = [];
    const log = (_: object, message: string) => void logged.push(message);
    const budget = new ByteBudget({ ...SETTINGS, byteBudget: 50_000 }, { warn: log, info: log });
    const slow = Array.from({ length: 30 }, () => open(budget));
    const first = open(budget);
    for (const { socket } of [first, ...slow]) socket.stall();
    // Within its budget then: nobody follows these frames.
    feed(first, 40);
    expect(first.outbox.full).toBe(false);
    for (let round = 0; round < 60; round += 1) for (const peer of slow) feed(peer, 1);
    expect(first.outbox.full).toBe(true);
    let woken = false;
    const room = first.outbox.room().then(() => {
      woken = true;
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(woken).toBe(false);
    for (const { socket } of slow) socket.flow();
    await vi.advanceTimersByTimeAsync(100);
    await room;
    expect(budget.perConnection).toBe(50_000);
    expect(logged).toEqual([expect.stringMatching(/much waits/), expect.stringMatching(/have taken/)]);
    expect(vi.getTimerCount()).toBe(0);
    feed(first, 1);
    expect(first.socket.bufferedAmount).toBe(41 * FRAME);
  });

  it('is kept, and leaves nobody waiting, whoever comes, stalls, takes and goes', async () => {
    const step = fc.record({
      peer: fc.nat(19),
      act: fc.constantFrom('feed', 'feed', 'feed', 'stall', 'flow', 'leave', 'tick'),
      frames: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 200 }), async (steps) => {
        const budget = new ByteBudget(SETTINGS);
        const peers = Array.from({ length: 20 }, () => open(budget));
        for (const { peer: index, act, frames } of steps) {
          const peer = peers[index];
          if (!peer) continue;
          if (act === 'feed') feed(peer, frames);
          else if (act === 'stall') peer.socket.stall();
          else if (act === 'flow') peer.socket.flow();
          else if (act === 'tick') await vi.advanceTimersByTimeAsync(100);
          else {
            peer.socket.close();
            peer.outbox.close();
            peers[index] = open(budget);
          }
          const bound = SETTINGS.totalByteBudget * (17 / 16) + peers.length * (LEAST + FRAME);
          expect(waitingFor(peers)).toBeLessThan(bound);
        }
        const rooms = peers.map(({ outbox }) => outbox.room());
        for (const { socket } of peers) socket.flow();
        await vi.advanceTimersByTimeAsync(200);
        await Promise.all(rooms);
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
