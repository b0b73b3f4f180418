import type { RedisConnections } from '../../gateway/redis/connections.ts';
import { type ControlMessage, decode, encode } from '../../gateway/redis/messages.ts';
import type { Control, ControlListener } from '../../server/domain/control/control.ts';

/**
 * Tells of changes of peers over Redis as well as over Postgres: either suffices, and each is there when the other is
 * not. An event that comes twice does no harm.
 */
export function controlOverRedis(control: Control, redis: RedisConnections): Control {
  const listeners = new Set<ControlListener>();
  const unlisten = redis.channels.listen(redis.keys.control, (text) => {
    const message = decode<ControlMessage>(text);
    if (message?.kind !== 'peer') return;
    const { tenant, publicKey } = message;
    for (const listener of listeners) listener({ kind: 'peer', tenant, publicKey });
  });
  return {
    announce: async (event) => {
      await control.announce(event);
      if (event.kind !== 'peer' || !redis.isReady) return;
      const { tenant, publicKey } = event;
      // Postgres has told already.
      await redis.commands
        .publish(redis.keys.control, encode({ kind: 'peer', tenant, publicKey }))
        .catch(() => undefined);
    },
    listen: (listener) => {
      listeners.add(listener);
      const stop = control.listen(listener);
      return () => {
        listeners.delete(listener);
        stop();
      };
    },
    close: async () => {
      unlisten();
      await control.close();
    },
  };
}

/** Resolves when somebody asks for the gateway of this process, whatever its id is by then, to be drained. */
export function drainRequest(
  redis: RedisConnections,
  gatewayId: () => string | null,
): { readonly drained: Promise<void>; readonly stop: () => void } {
  let resolve: () => void = () => undefined;
  const drained = new Promise<void>((settle) => {
    resolve = settle;
  });
  const stop = redis.channels.listen(redis.keys.control, (text) => {
    const message = decode<ControlMessage>(text);
    if (message?.kind === 'drain' && message.gatewayId === gatewayId()) resolve();
  });
  return { drained, stop };
}
