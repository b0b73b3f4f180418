import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Channels } from '../redis/channels.ts';
import { encode } from '../redis/messages.ts';

/** Tells streamers that gateways or leases have come or gone. */
export const LEASES = encode({ kind: 'leases' });

export function elapsed(ms: number): Promise<void> {
  return pause(ms, undefined, { ref: false });
}

/** The next message of a channel. */
export function nextMessage(
  channels: Channels,
  channel: string,
): { promise: Promise<void>; stop: () => void } {
  let heard: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    heard = resolve;
  });
  return { promise, stop: channels.listen(channel, () => heard()) };
}

/** Names the Redis process that answers: another one, or one that was started again, has another id. */
export async function runIdOf(redis: Redis): Promise<string> {
  return /run_id:(\S+)/.exec(await redis.info('server'))?.[1] ?? '';
}
