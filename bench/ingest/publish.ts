import type { HttpCaller } from '../http-caller.ts';
import type { Turn } from '../turns.ts';

const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { successful failed cursor errors { index code } } }`;

/** Publishes observations by one of these servers; throws if one is refused. */
export async function publish(
  servers: readonly HttpCaller[],
  nth: number,
  observations: readonly object[],
): Promise<void> {
  const server = servers[nth % servers.length];
  if (!server) throw new Error('there is no server to publish to');
  const answer = await server.ask(PUBLISH, { input: { observations } });
  const { failed } = answer.publishObservations as { failed: number };
  if (failed > 0) throw new Error(JSON.stringify(answer));
}

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
