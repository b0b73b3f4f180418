import { PresageError } from '../../../../schema/errors.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import type { TenantConnections } from '../../../storage/tenant-connections.ts';
import type { Actor } from '../../actor.ts';
import { again, RateLimiter } from '../../peer/rate-limiter.ts';
import type { WriteGuard } from '../../peer/write-guard.ts';
import type { StreamCatalog } from '../../stream/stream-catalog.ts';
import type { CollectedStream, Registration, SessionCounts, SessionEnd } from '../lineage.ts';
import type { RecordService } from '../record-service.ts';
import type { LineageSettings } from '../settings.ts';
import { CHANGE, COUNTS, checked, END, OFFERS, RUN, SESSION } from './check.ts';
import type {
  PeerBeat,
  PeerCounts,
  PeerInstance,
  PeerOffer,
  PeerRecord,
  PeerRun,
  PeerSession,
  PeerStream,
} from './peer-record.ts';

export interface PeerRecordParts {
  readonly tenants: TenantConnections;
  readonly catalog: StreamCatalog;
  readonly guard: WriteGuard;
  readonly record: RecordService;
  readonly settings: LineageSettings;
  readonly now: () => EpochMs;
}

/** Lets peers keep the record of their own instances: who they are, and whose streams, is judged here; the rest is the record's. */
export class PeerRecordService implements PeerRecord {
  readonly #parts: PeerRecordParts;
  readonly #limiter: RateLimiter;

  constructor(parts: PeerRecordParts) {
    this.#parts = parts;
    this.#limiter = new RateLimiter(parts.now);
  }

  async register(actor: Actor, instance: PeerInstance, address: string): Promise<void> {
    await this.#admit(actor);
    const { run } = checked(RUN, instance);
    const { name, version, environment, standby } = instance;
    const clientId = actor.peer.publicKey;
    // Whoever asks an instance sends it a token, or opens its directory: neither may be said by a peer.
    const nowhere = { host: address.slice(0, 255), port: null, storagePath: '' };
    await this.#parts.record.register(
      actor.tenant,
      { ...{ name, version, environment, standby, clientId }, ...nowhere },
      { run, most: this.#parts.settings.instancesPerPeer },
    );
  }

  async offer(actor: Actor, run: PeerRun, given: readonly PeerOffer[]): Promise<readonly string[]> {
    await this.#admit(actor);
    const streams = checked(OFFERS, given);
    const registration = await this.#registration(actor, run);
    const ids = await this.#own(actor, streams);
    const wanted = await this.#parts.record.offer(
      registration,
      streams.map(({ source }, index) => ({ streamServerId: ids[index] ?? 0, source })),
    );
    return this.#uuids(actor, wanted);
  }

  async openSession(actor: Actor, run: PeerRun, given: PeerSession): Promise<number> {
    await this.#admit(actor);
    const { streams, resumes, source, config } = checked(SESSION, given);
    const registration = await this.#registration(actor, run);
    return this.#parts.record.openSession(registration, {
      ...{ source, config, resumes: resumes ?? undefined },
      streams: await this.#collected(actor, streams),
    });
  }

  async changeStreams(
    actor: Actor,
    run: PeerRun,
    session: number,
    given: { readonly start: readonly PeerStream[]; readonly stop: readonly string[] },
  ): Promise<void> {
    await this.#admit(actor);
    const { sessionId, start, stop } = checked(CHANGE, { sessionId: session, ...given });
    const registration = await this.#registration(actor, run);
    await this.#parts.record.changeStreams(registration, sessionId, {
      start: await this.#collected(actor, start),
      stop: await this.#own(
        actor,
        stop.map((stream) => ({ stream })),
      ),
    });
  }

  async beat(actor: Actor, run: PeerRun, given: readonly PeerCounts[]): Promise<PeerBeat> {
    await this.#admit(actor);
    const sessions = checked(COUNTS, given);
    const registration = await this.#found(actor, run);
    if (!registration) return { current: false, active: [], wanted: [] };
    const answer = await this.#parts.record.beat(registration, await this.#counts(actor, sessions));
    return {
      current: answer.current,
      active: [...answer.active],
      wanted: await this.#uuids(actor, answer.wanted),
    };
  }

  async closeSessions(
    actor: Actor,
    run: PeerRun,
    given: readonly PeerCounts[],
    givenEnd: SessionEnd,
  ): Promise<void> {
    await this.#admit(actor);
    const sessions = checked(COUNTS, given);
    const end = checked(END, givenEnd);
    const registration = await this.#registration(actor, run);
    await this.#parts.record.closeSessions(registration, await this.#counts(actor, sessions), end);
  }

  async #admit(actor: Actor): Promise<void> {
    const { guard, settings } = this.#parts;
    await guard.admit(actor);
    const limit = settings.recordCallsPerMinute;
    const grant = this.#limiter.take(`${actor.tenant} ${actor.peer.publicKey}`, 1, limit);
    if (grant.granted === 1) return;
    throw new PresageError(
      'LIMITED',
      `A peer's instances may write the record ${limit} times a minute; ${again(grant)}, or beat less often.`,
    );
  }

  /** The process's registration; `undefined` where its name is retired, or another process's or peer's. */
  async #found({ tenant, peer }: Actor, given: PeerRun): Promise<Registration | undefined> {
    const { name, run } = checked(RUN, given);
    const { rows } = await this.#parts.tenants.of(tenant).query<{ id: number }>({
      name: 'peer-record-run',
      text: `SELECT i.id FROM server_instances i
              WHERE i.tenant = $1 AND i.name = $2 AND i.run = $3 AND i.client_id = $4 AND i.retired_at IS NULL`,
      values: [tenant, name, run, peer.publicKey],
    });
    const instanceId = rows[0]?.id;
    return instanceId === undefined ? undefined : { tenant, instanceId, name, run };
  }

  async #registration(actor: Actor, run: PeerRun): Promise<Registration> {
    const found = await this.#found(actor, run);
    if (found) return found;
    throw new PresageError(
      'CONFLICT',
      `This process is not registered as "${run.name}", or another one is by now, or it was retired; register first.`,
    );
  }

  /** Server ids of streams that are the peer's. Throws `NOT_FOUND`, `FORBIDDEN`. */
  async #own(
    { tenant, peer }: Actor,
    streams: readonly { readonly stream: string }[],
  ): Promise<readonly number[]> {
    const keys = streams.map(({ stream }) => ({ uuid: stream.toLowerCase() }));
    const found = await this.#parts.catalog.findAll(tenant, keys);
    return found.map((stream, index) => {
      if (!stream) throw new PresageError('NOT_FOUND', `There is no stream of uuid ${keys[index]?.uuid}.`);
      if (stream.author === peer.publicKey) return stream.serverId;
      throw new PresageError(
        'FORBIDDEN',
        `The stream "${stream.name}" belongs to another peer; only an instance with that peer's key collects it.`,
      );
    });
  }

  async #collected(actor: Actor, streams: readonly PeerStream[]): Promise<readonly CollectedStream[]> {
    const ids = await this.#own(actor, streams);
    return streams.map(({ symbol, kinds }, index) => ({ streamServerId: ids[index] ?? 0, symbol, kinds }));
  }

  async #counts(actor: Actor, sessions: readonly PeerCounts[]): Promise<readonly SessionCounts[]> {
    const all = sessions.flatMap(({ streams }) => streams);
    const ids = await this.#own(actor, all);
    const byUuid = new Map(all.map(({ stream }, index) => [stream, ids[index] ?? 0]));
    return sessions.map(({ sessionId, streams }) => ({
      sessionId,
      streams: streams.map(({ stream, ...counts }) => ({
        ...counts,
        streamServerId: byUuid.get(stream) ?? 0,
      })),
    }));
  }

  async #uuids({ tenant }: Actor, ids: Iterable<number>): Promise<readonly string[]> {
    const streams = await this.#parts.catalog.byServerIds(tenant, ids);
    return [...streams.values()].map(({ uuid }) => uuid);
  }
}
