import type { RedisConnections } from '../redis/connections.ts';
import type { GatewayKeys } from '../redis/keys.ts';
import { run } from '../redis/script.ts';
import { BEAT } from '../redis/scripts.ts';
import type { DeliveryReader } from './delivery-reader.ts';
import type { Loss } from './loss.ts';

/** How many lease times streamers may take over a gateway, one after the other, without a delivery to it. */
const SILENT_LEASES = 5;

export interface HeartbeatParts {
  readonly redis: RedisConnections;
  readonly gatewayId: string;
  readonly keys: GatewayKeys;
  readonly reader: DeliveryReader;
  /** Whether something is registered, which every streamer that takes the gateway on says so of. */
  readonly expectsDeliveries: () => boolean;
  /** The session is of no more use, and why. */
  readonly onLost: (loss: Loss) => void;
  /** All is well, but for deliveries that were there and can't be had. */
  readonly onBeat: (isMissing: boolean) => void;
}

/**
 * Keeps a gateway's session alive in Redis, and finds out when it is not: when Redis was flushed, started again or
 * replaced, when no streamer works for the gateway, and when its deliveries can't be read.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #runId: string;
  #timer: NodeJS.Timeout | undefined;
  #leasedAt = Date.now();
  #deliveredAt = Date.now();
  /** The last delivery that had been taken at the last beat. */
  #taken = '';
  #over = false;

  /** `runId` names the Redis that the session began in. */
  constructor(parts: HeartbeatParts, runId: string) {
    this.#parts = parts;
    this.#runId = runId;
    this.#schedule();
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    const { leaseMs, gatewayTtlMs } = this.#parts.redis.settings;
    this.#timer = setTimeout(() => void this.#beat(), Math.min(leaseMs, gatewayTtlMs) / 4);
  }

  /** Never rejects. */
  async #beat(): Promise<void> {
    const wrong = await this.#check().catch((error: Error) => error);
    if (this.#over) return;
    if (wrong === null) this.#schedule();
    else this.#parts.onLost(wrong);
  }

  /** What is wrong; null if nothing is. */
  async #check(): Promise<string | null> {
    const { redis, keys, reader } = this.#parts;
    const { commands, settings } = redis;
    const { alive, lease, deliveries, ...others } = keys;
    const before = reader.last;
    const all = [alive, lease, deliveries, ...Object.values(others)];
    const answer = await run(commands, BEAT, all, [settings.gatewayTtlMs, before]);
    if (!Array.isArray(answer)) return 'Redis has forgotten this gateway';
    // In a Cluster another node has it, which can lose it by itself.
    await commands.sadd(redis.keys.gateways, this.#parts.gatewayId);
    const [holder, last, runId] = answer.map(String);
    if (runId !== this.#runId) return 'another Redis has taken its place';
    const now = Date.now();
    if (holder !== '') this.#leasedAt = now;
    if (now - this.#leasedAt > 2 * settings.leaseMs) return 'no streamer works for this gateway';
    if (isOfEpoch(before, holder) || !this.#parts.expectsDeliveries()) this.#deliveredAt = now;
    if (now - this.#deliveredAt > SILENT_LEASES * settings.leaseMs) return 'streamers can not deliver to it';
    if (reader.isDead) return 'deliveries can not be read';
    // One that is on its way has come by the next beat.
    this.#parts.onBeat(last !== before && before === this.#taken);
    this.#taken = before;
    return null;
  }
}

/** Whether a delivery, `<epoch>-<sequence>`, was made under a lease, `<streamer>:<epoch>`. */
function isOfEpoch(delivery: string, lease = ''): boolean {
  return Number.parseInt(delivery, 10) === Number(lease.slice(lease.lastIndexOf(':') + 1));
}
