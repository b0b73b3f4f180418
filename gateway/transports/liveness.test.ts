import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Burst } from '../delivery/burst.ts';
import { ByteBudget } from '../delivery/byte-budget.ts';
import { Outbox } from '../delivery/outbox.ts';
import { gatewaySettings } from '../settings.ts';
import { MemorySocket } from '../testing/memory-socket.ts';
import { Liveness } from './liveness.ts';

const SETTINGS = gatewaySettings({ stalledAfterMs: 100, pingIntervalMs: 10 });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(): { socket: MemorySocket; outbox: Outbox; liveness: Liveness } {
  const socket = new MemorySocket();
  const outbox = new Outbox(
    socket,
    new ByteBudget({ byteBudget: 1_000, totalByteBudget: 1_000_000 }),
    new Burst(),
  );
  return { socket, outbox, liveness: new Liveness(outbox, SETTINGS) };
}

/** What the checks of so many ms say, the last of them. */
function after(liveness: Liveness, ms: number): string {
  let verdict = '';
  for (let at = 0; at < ms; at += 10) {
    vi.advanceTimersByTime(10);
    verdict = liveness.check();
  }
  return verdict;
}

it('finds a client that answers nothing, and one that takes nothing', () => {
  const silent = open().liveness;
  expect(after(silent, 100)).toBe('alive');
  expect(after(silent, 10)).toBe('unresponsive');
  const { socket, outbox, liveness } = open();
  socket.stall();
  outbox.send(Buffer.from('x'));
  liveness.heard();
  expect(after(liveness, 90)).toBe('alive');
  expect(after(liveness, 10)).toBe('stalled');
});

it('holds no pause of its own process against a client, and finds it all the same afterwards', () => {
  const { socket, outbox, liveness } = open();
  expect(after(liveness, 50)).toBe('alive');
  vi.advanceTimersByTime(60_000);
  expect(liveness.check()).toBe('alive');
  expect(after(liveness, 40)).toBe('alive');
  expect(after(liveness, 10)).toBe('unresponsive');
  liveness.heard();
  socket.stall();
  outbox.send(Buffer.from('x'));
  expect(after(liveness, 50)).toBe('alive');
  vi.advanceTimersByTime(60_000);
  expect(liveness.check()).toBe('alive');
  expect(after(liveness, 60)).toBe('stalled');
});
