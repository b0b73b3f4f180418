import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WaitingCalls } from './waiting-calls.ts';

const call = { items: [0] };

/** Adds a call in each of so many turns of the event loop. */
async function add(waiting: WaitingCalls<typeof call>, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    waiting.add(call);
    await endOfTurn();
  }
}

describe('calls that are gathered', () => {
  it('are one that comes alone, at the end of its turn', async () => {
    const waiting = new WaitingCalls<typeof call>(1_000);
    waiting.add(call);
    const gathered = waiting.gathered(100, 60_000);
    const turns = await Promise.race([
      gathered.then(() => 1),
      endOfTurn()
        .then(endOfTurn)
        .then(() => 2),
    ]);
    expect(turns).toBe(1);
  });

  it('are all that come while each turn brings more', async () => {
    const waiting = new WaitingCalls<typeof call>(1_000);
    const added = add(waiting, 20);
    await waiting.gathered(100, 60_000);
    expect(waiting.calls).toBe(20);
    await added;
  });

  it('are no more than are wanted', async () => {
    const waiting = new WaitingCalls<typeof call>(1_000);
    const added = add(waiting, 20);
    await waiting.gathered(5, 60_000);
    expect(waiting.calls).toBeLessThanOrEqual(6);
    await added;
  });

  it('are no more than have come when time is up', async () => {
    const waiting = new WaitingCalls<typeof call>(1_000);
    const added = add(waiting, 20);
    await waiting.gathered(100, 0);
    expect(waiting.calls).toBeLessThanOrEqual(2);
    await added;
  });
});
