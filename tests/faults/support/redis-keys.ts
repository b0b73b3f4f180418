import type { TestRedis } from '../../support/redis.ts';

/** The first key of that ending, whatever prefix it has; empty if there is none. */
export async function keyEnding({ admin }: TestRedis, ending: string): Promise<string> {
  const keys = await admin.keys(`*${ending}`);
  return keys[0] ?? '';
}

/** Ids of the gateways or streamers that have any key. */
export async function idsOf({ admin }: TestRedis, kind: 'gateway' | 'streamer'): Promise<Set<string>> {
  const keys = await admin.keys(`*{${kind}:*`);
  return new Set(keys.map((key) => /\{\w+:([^}]+)\}/.exec(key)?.[1] ?? ''));
}
