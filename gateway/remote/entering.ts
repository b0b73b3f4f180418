import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisConnections } from '../redis/connections.ts';
import { encode, REGISTRY_MARK } from '../redis/messages.ts';
import { FeedFailure } from './loss.ts';

/** Tells streamers that gateways or leases have come or gone. */
export const LEASES = encode({ kind: 'leases' });

/** How often a gateway looks whether a streamer has taken it on, beside being told, in ms. */
const LOOK_MS = 100;

export interface Entering {
  readonly patienceMs: number;
  /** Whether there is no use in it any more. */
  readonly isOver: () => boolean;
}

/** Makes a gateway known, and resolves when a streamer has taken it on. Rejects if none does in time. */
export async function enter(
  { commands, keys, settings, channels }: RedisConnections,
  gatewayId: string,
  { patienceMs, isOver }: Entering,
): Promise<void> {
  const { alive, lease, registry } = keys.gateway(gatewayId);
  const expiry = 2 * settings.gatewayTtlMs;
  await commands.multi().hset(registry, REGISTRY_MARK, '1').pexpire(registry, expiry).exec();
  await commands.set(alive, `${hostname()} ${process.pid}`, 'PX', settings.gatewayTtlMs);
  await commands.sadd(keys.gateways, gatewayId);
  const deadline = Date.now() + patienceMs;
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const unlisten = channels.listen(keys.registryWake(gatewayId), () => tell());
  try {
    await commands.publish(keys.control, LEASES);
    while ((await commands.get(lease)) === null && !isOver()) {
      if (Date.now() > deadline) throw new FeedFailure('no streamer takes this gateway on');
      await Promise.race([told, elapsed(LOOK_MS)]);
      await commands.pexpire(alive, settings.gatewayTtlMs);
    }
  } finally {
    unlisten();
  }
}

export function elapsed(ms: number): Promise<void> {
  return pause(ms, undefined, { ref: false });
}
