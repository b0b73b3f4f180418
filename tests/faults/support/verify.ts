import { setTimeout as pause } from 'node:timers/promises';
import type { Seen } from '../../../gateway/testing/brute-force.ts';
import type { Recorder } from './recorder.ts';
import type { Truth } from './truth.ts';

/** How a record differs from the truth. All zero is exact. */
export interface Difference {
  readonly missing: number;
  readonly repeated: number;
  /** Came after one with a higher position. */
  readonly disordered: number;
  /** Should not have come at all, or as something else. */
  readonly unexpected: number;
}

export interface Verdict extends Difference {
  readonly clients: number;
  /** Clients that never learnt where they began. */
  readonly unstarted: number;
  readonly expected: number;
  readonly delivered: number;
  readonly connections: number;
  /** The first few differences in words. */
  readonly examples: readonly string[];
}

/** What a verdict has to match. */
export const EXACT = {
  missing: 0,
  repeated: 0,
  disordered: 0,
  unexpected: 0,
  unstarted: 0,
  examples: [] as readonly string[],
} as const satisfies Partial<Verdict>;

/** Compares what came with what had to. `note` is told each difference. */
export function compare(
  seen: readonly Seen[],
  expected: readonly Seen[],
  note: (difference: string) => void = () => undefined,
): Difference {
  const wanted = new Map(expected.map((event) => [event.position, event]));
  const had = new Set<number>();
  let [repeated, disordered, unexpected, highest] = [0, 0, 0, -1];
  for (const { position, type, id } of seen) {
    const want = wanted.get(position);
    if (had.has(position)) {
      repeated += 1;
      note(`${type} at ${position} came again`);
    } else if (position < highest) {
      disordered += 1;
      note(`${type} at ${position} came after ${highest}`);
    }
    if (want?.type !== type || want.id !== id) {
      unexpected += 1;
      note(
        `${type} of ${id} at ${position} came instead of ${want ? `${want.type} of ${want.id}` : 'nothing'}`,
      );
    }
    had.add(position);
    highest = Math.max(highest, position);
  }
  const missed = expected.filter(({ position }) => !had.has(position));
  for (const { type, position } of missed) note(`${type} at ${position} never came`);
  return { missing: missed.length, repeated, disordered, unexpected };
}

/** Waits until every client has what it must have, or `timeoutMs` is over; what is amiss then, `verify` says. */
export async function settle(truth: Truth, clients: readonly Recorder[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (const client of clients) {
    while (!(await isUpToDate(truth, client)) && performance.now() < deadline) await pause(20);
  }
}

/** Compares each client's record with the truth of its filter after its start. */
export async function verify(truth: Truth, clients: readonly Recorder[]): Promise<Verdict> {
  const examples: string[] = [];
  const sum = { missing: 0, repeated: 0, disordered: 0, unexpected: 0 };
  let [unstarted, expected, delivered, connections] = [0, 0, 0, 0];
  for (const [index, client] of clients.entries()) {
    connections += client.connections;
    delivered += client.seen.length;
    if (client.start === undefined) unstarted += 1;
    const due = await truth.after(client.start ?? 0, client.filter);
    expected += due.length;
    const difference = compare(client.seen, due, (text) => {
      if (examples.length < 10) examples.push(`client ${index}: ${text}`);
    });
    sum.missing += difference.missing;
    sum.repeated += difference.repeated;
    sum.disordered += difference.disordered;
    sum.unexpected += difference.unexpected;
  }
  return { clients: clients.length, unstarted, expected, delivered, connections, ...sum, examples };
}

async function isUpToDate(truth: Truth, client: Recorder): Promise<boolean> {
  if (client.start === undefined) return false;
  const due = await truth.after(client.start, client.filter);
  return client.position >= (due.at(-1)?.position ?? -1);
}
