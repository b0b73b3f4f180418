import type { Turn } from '../turns.ts';

export const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { successful failed cursor errors { index code } } }`;

/** Runs so many at once, until all are over. */
export async function parallel(callers: number, task: (nth: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: callers }, (_, nth) => task(nth)));
}

/** How many of `items` `work` did in a second. */
export async function perSecond(items: number, work: () => Promise<void>): Promise<Turn> {
  const began = performance.now();
  await work();
  return { figure: (items * 1_000) / (performance.now() - began), items };
}
