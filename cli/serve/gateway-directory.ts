import type { Logger } from 'pino';
import { RedisConnections } from '../../gateway/redis/connections.ts';
import { encode } from '../../gateway/redis/messages.ts';
import { PresageError } from '../../schema/errors.ts';
import { installationId } from '../../server/domain/peer/server-facts.ts';
import { openForReading } from '../../server/storage/reading.ts';
import type { Config } from '../config/config.ts';
import { settingsOf } from './redis.ts';

/** A gateway as Redis knows it. */
export interface KnownGateway {
  readonly id: string;
  /** Host and process id. */
  readonly where: string;
  /** Distinct filters of its subscriptions. */
  readonly registered: number;
  /** The streamer that works for it, null if none does. */
  readonly streamer: string | null;
}

/** How long Redis may take to answer a command of an operator's, in ms. */
const PATIENCE_MS = 5_000;

/** Opens the gateways of the installation whose database this is. Throws `UNAVAILABLE` if Redis does not answer. */
export async function openGatewayDirectory(
  redis: Config['redis'] & { readonly url: string },
  storage: Parameters<typeof openForReading>[0],
  logger: Logger,
): Promise<GatewayDirectory> {
  const reading = await openForReading(storage, logger);
  const id = await installationId(reading.pool).finally(() => reading.close());
  const connections = new RedisConnections(await settingsOf(redis, id), logger);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([connections.ready(), patience]);
  clearTimeout(timer);
  if (connections.isReady) return new GatewayDirectory(connections);
  connections.close();
  throw new PresageError('UNAVAILABLE', 'Redis does not answer; check REDIS_URL and that it runs.');
}

/** The gateways of an installation, for its operator. */
export class GatewayDirectory {
  readonly #redis: RedisConnections;

  constructor(redis: RedisConnections) {
    this.#redis = redis;
  }

  async list(): Promise<readonly KnownGateway[]> {
    const { commands, keys } = this.#redis;
    const ids = await commands.smembers(keys.gateways);
    const known = await Promise.all(
      ids.sort().map(async (id) => {
        const { alive, registry, lease } = keys.gateway(id);
        const [where, fields, held] = await Promise.all([
          commands.get(alive),
          commands.hlen(registry),
          commands.get(lease),
        ]);
        // One says that it is whole.
        const registered = Math.max(0, fields - 1);
        return { id, where, registered, streamer: held?.split(':')[0] ?? null };
      }),
    );
    return known.flatMap(({ where, ...gateway }) => (where === null ? [] : [{ ...gateway, where }]));
  }

  /** False if there is no such gateway. */
  async drain(id: string): Promise<boolean> {
    const { commands, keys } = this.#redis;
    if ((await commands.exists(keys.gateway(id).alive)) === 0) return false;
    await commands.publish(keys.control, encode({ kind: 'drain', gatewayId: id }));
    return true;
  }

  close(): void {
    this.#redis.close();
  }
}
