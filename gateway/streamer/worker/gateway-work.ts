import type { Position } from '../../../schema/log-entry.ts';
import type { RedisConnections } from '../../redis/connections.ts';
import type { GatewayKeys } from '../../redis/keys.ts';
import {
  decode,
  REGISTRY_MARK,
  type Registration,
  type Request,
  type Requests,
} from '../../redis/messages.ts';
import { DeliveryWriter } from './delivery-writer.ts';
import type { GatewayWorkParts } from './parts.ts';
import { TenantWork } from './tenant-work.ts';

/** Registrations read at once from a gateway's registry, and requests. */
const PAGE = 500;

/** A streamer's work for one gateway, while it holds its lease: keeps its registry, and delivers what matches. */
export class GatewayWork {
  readonly gatewayId: string;
  readonly lease: string;
  readonly #parts: GatewayWorkParts;
  readonly #redis: RedisConnections;
  readonly #keys: GatewayKeys;
  readonly #writer: DeliveryWriter;
  readonly #tenants = new Map<string, TenantWork>();
  readonly #registrations = new Map<string, Registration>();
  #unlisten: (() => void) | undefined;
  /** Number of the last request that was dealt with. */
  #request = 0;
  #progress: Readonly<Record<string, string>> = {};
  #isLoaded = false;
  #reading = false;
  #again = false;
  #closed = false;

  constructor(parts: GatewayWorkParts) {
    this.#parts = parts;
    this.#redis = parts.redis;
    this.gatewayId = parts.gatewayId;
    this.lease = parts.lease;
    this.#keys = parts.redis.keys.gateway(parts.gatewayId);
    this.#writer = new DeliveryWriter({
      ...parts,
      keys: this.#keys,
      onDropped: () => this.#sayAgain(),
    });
  }

  /** Filters that are matched for the gateway. */
  get registered(): number {
    return this.#registrations.size;
  }

  start(): void {
    const { channels, keys } = this.#redis;
    this.#unlisten = channels.listen(keys.registryWake(this.gatewayId), () => this.look());
    this.look();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  close(): void {
    this.#closed = true;
    this.#unlisten?.();
    this.#writer.close();
    for (const tenant of this.#tenants.values()) tenant.close();
    this.#tenants.clear();
    this.#registrations.clear();
  }

  /** Reads what the gateway has asked for; to be called now and then, since its channel may lose a message. */
  look(): void {
    this.#again = true;
    if (this.#reading || this.#closed) return;
    void this.#read();
  }

  /** Never rejects: what can't be read is somebody else's work. */
  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        if (!this.#isLoaded) await this.#load();
        await this.#readRequests();
      }
    } catch (error) {
      if (this.#closed) return;
      const { logger } = this.#parts;
      logger.debug({ err: error, gateway: this.gatewayId }, 'the registry of a gateway can not be read');
      this.#parts.onLost();
    } finally {
      this.#reading = false;
    }
  }

  /** Takes over what there is: the registry whole, and where the last streamer left off. */
  async #load(): Promise<void> {
    const { commands } = this.#redis;
    const [last] = await commands.xrevrange(this.#keys.requests, '+', '-', 'COUNT', 1);
    this.#request = last ? Number.parseInt(last[0], 10) : 0;
    this.#progress = await commands.hgetall(this.#keys.progress);
    const read: (readonly [id: string, text: string])[] = [];
    let cursor = '0';
    do {
      const [next, fields] = await commands.hscan(this.#keys.registry, cursor, 'COUNT', PAGE);
      for (let at = 0; at + 1 < fields.length; at += 2) read.push([fields[at] ?? '', fields[at + 1] ?? '']);
      cursor = next;
    } while (cursor !== '0' && !this.#closed);
    if (this.#closed) return;
    const isWhole = read.some(([id]) => id === REGISTRY_MARK);
    if (!isWhole) return this.#refuse();
    // In one turn: a tenant is matched as soon as it is there, and says so to those whose filters were not in yet.
    for (const [id, text] of read) if (id !== REGISTRY_MARK) this.#add(id, decode(text));
    this.#isLoaded = true;
    this.#acknowledge(new Set(this.#tenants.keys()));
  }

  /** What is registered was lost: the gateway finds that it is forgotten, and begins anew with all that it has. */
  async #refuse(): Promise<void> {
    await this.#redis.commands.del(this.#keys.alive);
    throw new Error('the registry of the gateway is gone');
  }

  async #readRequests(): Promise<void> {
    const { commands } = this.#redis;
    for (;;) {
      const rows = await commands.xrange(this.#keys.requests, `(${this.#request}-0`, '+', 'COUNT', PAGE);
      if (this.#closed) return;
      const [first] = rows;
      if (!first) return;
      // Some were trimmed before they could be read: what they said is in the registry.
      if (Number.parseInt(first[0], 10) !== this.#request + 1) return this.#reload();
      const concerned = new Set<string>();
      for (const [id, fields] of rows) {
        this.#request = Number.parseInt(id, 10);
        const { requests = [] } = decode<Requests>(fields[1] ?? '') ?? {};
        for (const request of requests) this.#handle(request, concerned);
      }
      this.#acknowledge(concerned);
    }
  }

  #handle(request: Request, concerned: Set<string>): void {
    switch (request.kind) {
      case 'add':
        this.#add(request.id, request.of);
        concerned.add(request.of.tenant);
        break;
      case 'drop':
        this.#remove(request.id);
        break;
      case 'notice':
        this.#tenants.get(request.tenant)?.notice(request.position);
        break;
      case 'again':
        for (const tenant of this.#tenants.keys()) concerned.add(tenant);
        break;
    }
  }

  #add(id: string, of: Registration | undefined): void {
    if (!of || this.#registrations.has(id)) return;
    this.#registrations.set(id, of);
    let tenant = this.#tenants.get(of.tenant);
    if (!tenant) {
      const resume = this.#isLoaded ? undefined : this.#resumeAt(of.tenant);
      tenant = new TenantWork(of.tenant, { ...this.#parts, writer: this.#writer, resume });
      this.#tenants.set(of.tenant, tenant);
    }
    tenant.add({ id, ...of });
  }

  #remove(id: string): void {
    const of = this.#registrations.get(id);
    if (!of) return;
    this.#registrations.delete(id);
    const tenant = this.#tenants.get(of.tenant);
    tenant?.remove(id, of.topic);
    if (!tenant || tenant.size > 0) return;
    tenant.close();
    this.#tenants.delete(of.tenant);
  }

  #resumeAt(tenant: string): Position | undefined {
    const position = this.#progress[tenant];
    return position === undefined ? undefined : Number(position);
  }

  #acknowledge(tenants: ReadonlySet<string>): void {
    for (const tenant of tenants) this.#tenants.get(tenant)?.acknowledge(this.#request);
  }

  #sayAgain(): void {
    this.#acknowledge(new Set(this.#tenants.keys()));
  }

  #reload(): void {
    this.#isLoaded = false;
    this.#again = true;
    for (const tenant of this.#tenants.values()) tenant.close();
    this.#tenants.clear();
    this.#registrations.clear();
  }
}
