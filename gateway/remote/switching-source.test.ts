import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { EVERYTHING } from '../../schema/filter/form.ts';
import type { LiveSource } from '../delivery/live-source.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import { Issuer } from '../registry/registry.ts';
import { SILENT } from '../testing/running-gateway.ts';
import { SwitchingSource } from './switching-source.ts';

/** A source at a position, that takes subscriptions on when the test says so, or at once: as often as it is asked to. */
class HandSource implements LiveSource {
  readonly attached: SubscriptionId[] = [];
  readonly joined = new Set<SubscriptionId>();
  readonly behind = 0;
  readonly #at: number;
  readonly #waiting: ((error?: Error) => void)[] = [];
  isHeld = false;

  constructor(at: number) {
    this.#at = at;
  }

  get live(): number {
    return this.joined.size;
  }

  async attach({ id }: InternalSubscription): Promise<void> {
    if (this.isHeld) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push((error) => (error ? reject(error) : resolve()));
      });
    }
    this.attached.push(id);
  }

  /** Ends the first of the attachments that wait. */
  settle(error?: Error): Promise<void> {
    this.#waiting.shift()?.(error);
    return nextTurn();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  position = () => this.#at;
  recent = () => ({ entries: [], through: this.#at });
  reached = async () => undefined;

  join(id: SubscriptionId, position: number): boolean {
    if (position !== this.#at) return false;
    this.joined.add(id);
    return true;
  }

  leave(id: SubscriptionId): void {
    this.joined.delete(id);
  }

  release(id: SubscriptionId): void {
    this.leave(id);
    const at = this.attached.indexOf(id);
    if (at >= 0) this.attached.splice(at, 1);
  }

  close(): void {}
}

function setUp() {
  const [first, second] = [new HandSource(5), new HandSource(9)];
  const resynced: [SubscriptionId, number][] = [];
  const source: SwitchingSource = new SwitchingSource({
    first,
    logger: SILENT,
    retryMs: 1,
    resync: (subscriptions, position) => {
      for (const { id } of subscriptions) {
        resynced.push([id, position]);
        // As a subscription does that goes back to the log.
        source.leave(id);
      }
    },
  });
  const issuer = new Issuer();
  const issue = () => issuer.issue({ tenant: 'main', topic: 'observation', filter: EVERYTHING });
  return { first, second, source, resynced, issue };
}

it('sends those that are live back to the log, and attaches all to the other source', async () => {
  const { first, second, source, resynced, issue } = setUp();
  const [live, left, idle] = [issue(), issue(), issue()];
  for (const one of [live, left, idle]) await source.attach(one);
  expect([source.join(live.id, 4), source.join(live.id, 5), source.join(left.id, 5)]).toEqual([
    false,
    true,
    true,
  ]);
  source.leave(left.id);
  expect([source.live, source.position(live.id)]).toEqual([1, 5]);
  source.switchTo(second);
  expect(resynced).toEqual([[live.id, 5]]);
  // Until the other has taken it on, nothing is known.
  expect([source.position(live.id), source.recent(live.id, 0), source.join(live.id, 9)]).toEqual([
    -1,
    undefined,
    false,
  ]);
  await source.reached(live.id, 9);
  expect([first.attached.length, second.attached.length, source.position(live.id)]).toEqual([0, 3, 9]);
  expect([source.join(live.id, 9), source.live]).toEqual([true, 1]);
  source.switchTo(second);
  expect(resynced).toHaveLength(1);
  source.close();
  expect([second.attached.length, source.live]).toEqual([0, 0]);
  source.switchTo(first);
  expect(first.attached.length).toBe(0);
});

it('takes a subscription to the source that there is in the end, whatever it was attaching to', async () => {
  const { first, second, source, issue } = setUp();
  first.isHeld = true;
  const [one, other] = [issue(), issue()];
  const attaching = [source.attach(one), source.attach(other)];
  source.switchTo(second);
  await first.settle();
  await first.settle(new Error('away'));
  await Promise.all(attaching);
  expect([first.attached, second.attached]).toEqual([[], [one.id, other.id]]);
  second.isHeld = true;
  const failing = issue();
  const failed = expect(source.attach(failing)).rejects.toThrow('away');
  await second.settle(new Error('away'));
  await failed;
  expect(source.position(failing.id)).toBe(-1);
});

it('waits with a subscription until a source takes it, and forgets one that ends meanwhile', async () => {
  const { first, second, source, issue } = setUp();
  const [stays, ends, entering] = [issue(), issue(), issue()];
  await source.attach(stays);
  await source.attach(ends);
  second.isHeld = true;
  source.switchTo(second);
  const entered = source.attach(entering);
  expect(second.waiting).toBe(3);
  await second.settle(new Error('away'));
  source.release(ends.id);
  source.release(entering.id);
  await second.settle();
  await second.settle();
  await entered;
  expect(second.attached).toEqual([]);
  await vi.waitUntil(() => second.waiting === 1);
  // Back again: what it tries to attach to is not the source any more.
  source.switchTo(first);
  await second.settle();
  await vi.waitUntil(() => source.position(stays.id) === 5);
  expect([first.attached, second.attached]).toEqual([[stays.id], []]);
});
