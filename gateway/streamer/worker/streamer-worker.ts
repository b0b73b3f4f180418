import { randomUUID } from 'node:crypto';
import type { GatewayKeys } from '../../redis/keys.ts';
import { type ControlMessage, decode, encode } from '../../redis/messages.ts';
import { run } from '../../redis/script.ts';
import { CLAIM, LOOK, RELEASE, RENEW } from '../../redis/scripts.ts';
import type { Counters } from '../../stats.ts';
import { Intakes } from '../intakes.ts';
import { GatewayWork } from './gateway-work.ts';
import type { StreamerWorkerParts } from './parts.ts';

/** What a streamer is doing now. */
export interface StreamerStats extends Readonly<Counters> {
  /** Gateways whose lease it holds. */
  readonly gateways: number;
  /** Filters that it matches entries with. */
  readonly registered: number;
}

/**
 * Matches entries for gateways elsewhere. A gateway is worked for by one streamer at a time, the one that holds its
 * lease; streamers share the gateways evenly, and take over those of one that has died when its leases run out.
 */
export class StreamerWorker {
  readonly #id = randomUUID();
  readonly #parts: StreamerWorkerParts;
  readonly #intakes: Intakes;
  readonly #works = new Map<string, GatewayWork>();
  #unlisten: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(parts: StreamerWorkerParts) {
    this.#parts = parts;
    this.#intakes = new Intakes(parts);
  }

  start(): void {
    const { channels, keys, settings } = this.#parts.redis;
    this.#unlisten = channels.listen(keys.control, (text) => {
      if (decode<ControlMessage>(text)?.kind === 'leases') this.#look();
    });
    this.#timer = setInterval(() => this.#look(), settings.leaseMs / 4);
    this.#look();
  }

  stats(): StreamerStats {
    let registered = 0;
    for (const work of this.#works.values()) registered += work.registered;
    return { ...this.#parts.counters, gateways: this.#works.size, registered };
  }

  /** Gives its gateways to the others. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unlisten?.();
    await this.#round;
    const { commands, keys } = this.#parts.redis;
    await Promise.all([...this.#works.values()].map((work) => this.#giveBack(work))).catch(() => undefined);
    this.#intakes.close();
    await commands
      .del(keys.streamerAlive(this.#id))
      .then(() => commands.srem(keys.streamers, this.#id))
      .then(() => commands.publish(keys.control, encode({ kind: 'leases' })))
      .catch(() => undefined);
  }

  /** One round at a time; one that is asked for meanwhile follows. */
  #look(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#round ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#renew();
        await this.#share();
      } catch (error) {
        // Redis is away, and says so in its own log line; leases that run out meanwhile are not renewed.
        this.#parts.logger.debug({ err: error }, 'looking after leases failed');
      }
    }
    this.#round = null;
  }

  async #renew(): Promise<void> {
    const { commands, keys, settings } = this.#parts.redis;
    await Promise.all(
      [...this.#works.values()].map(async (work) => {
        const { lease } = keys.gateway(work.gatewayId);
        if ((await run(commands, RENEW, [lease], [work.lease, settings.leaseMs])) === 1) work.look();
        else this.#drop(work);
      }),
    );
  }

  async #share(): Promise<void> {
    const { commands, keys, settings } = this.#parts.redis;
    await commands.set(keys.streamerAlive(this.#id), '1', 'PX', settings.leaseMs);
    await commands.sadd(keys.streamers, this.#id);
    const [streamers, gateways] = await Promise.all([this.#streamers(), this.#gateways()]);
    const share = Math.ceil(gateways.size / Math.max(streamers, 1));
    for (const [gatewayId, lease] of gateways) {
      if (this.#stopped || this.#works.size >= share) break;
      if (lease === '' && !this.#works.has(gatewayId)) await this.#claim(gatewayId);
    }
    const tooMany = [...this.#works.values()].slice(share);
    for (const work of tooMany) await this.#giveBack(work);
    if (tooMany.length > 0) await commands.publish(keys.control, encode({ kind: 'leases' }));
  }

  /** How many streamers there are; those that are gone are forgotten. */
  async #streamers(): Promise<number> {
    const { commands, keys } = this.#parts.redis;
    const ids = await commands.smembers(keys.streamers);
    const alive = await Promise.all(ids.map((id) => commands.exists(keys.streamerAlive(id))));
    const gone = ids.filter((_, index) => alive[index] !== 1);
    if (gone.length > 0) await commands.srem(keys.streamers, ...gone);
    return ids.length - gone.length;
  }

  /** The gateways there are, and their leases; what dead ones left behind is swept away. */
  async #gateways(): Promise<Map<string, string>> {
    const { commands, keys } = this.#parts.redis;
    const ids = await commands.smembers(keys.gateways);
    const looks = await Promise.all(
      ids.map(async (id) => {
        const { alive, lease } = keys.gateway(id);
        return [id, String(await run(commands, LOOK, [alive, lease], []))] as const;
      }),
    );
    for (const [id, look] of looks) if (look === 'dead') await this.#sweep(id);
    return new Map(looks.filter(([, look]) => look !== 'dead'));
  }

  async #claim(gatewayId: string): Promise<void> {
    const { redis, logger } = this.#parts;
    const { commands, keys, settings } = redis;
    const { alive, lease, epoch } = keys.gateway(gatewayId);
    const claimed = Number(await run(commands, CLAIM, [alive, lease, epoch], [this.#id, settings.leaseMs]));
    if (claimed === 0) return;
    const work = new GatewayWork({
      ...this.#parts,
      ...{ gatewayId, epoch: claimed, lease: `${this.#id}:${claimed}`, intakes: this.#intakes },
      onLost: () => this.#giveUp(work),
    });
    this.#works.set(gatewayId, work);
    work.start();
    logger.info({ gateway: gatewayId, epoch: claimed }, 'working for a gateway');
    await commands.publish(keys.registryWake(gatewayId), 'leased');
  }

  async #giveBack(work: GatewayWork): Promise<void> {
    const { commands, keys } = this.#parts.redis;
    await work.flush();
    this.#drop(work);
    await run(commands, RELEASE, [keys.gateway(work.gatewayId).lease], [work.lease]);
  }

  /** The work can't go on: somebody begins anew, who may be this streamer. */
  #giveUp(work: GatewayWork): void {
    const { commands, keys } = this.#parts.redis;
    this.#drop(work);
    run(commands, RELEASE, [keys.gateway(work.gatewayId).lease], [work.lease]).catch(() => undefined);
  }

  #drop(work: GatewayWork): void {
    if (this.#works.get(work.gatewayId) !== work) return;
    this.#works.delete(work.gatewayId);
    work.close();
  }

  async #sweep(gatewayId: string): Promise<void> {
    const { commands, keys } = this.#parts.redis;
    const work = this.#works.get(gatewayId);
    if (work) this.#drop(work);
    const all: GatewayKeys = keys.gateway(gatewayId);
    await commands.unlink(...Object.values(all));
    await commands.srem(keys.gateways, gatewayId);
    this.#parts.logger.info({ gateway: gatewayId }, 'swept a gateway that is gone');
  }
}
