import { PresageError } from '../../../../schema/errors.ts';
import type { InstanceName } from '../../../../schema/log-entry.ts';
import type { Queryable, TenantConnections } from '../../../storage/tenant-connections.ts';
import type { Actor } from '../../actor.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import type { StreamCatalog } from '../../stream/stream-catalog.ts';
import { retireInstance, unknownInstance } from '../instances.ts';
import type { LineageSettings } from '../settings.ts';
import { type Facts, gapsSince, readFacts } from './facts.ts';
import { type HandoffRow, LOT, lotOf, readHandoffs } from './handoff-row.ts';
import type { HandoffDocument, HandoffPlan, Handoffs, NewHandoff } from './handoffs.ts';
import { judge, problemsOf, type Verdict } from './judge.ts';
import {
  checkId,
  documents,
  handoffOf,
  instanceOf,
  ownerOf,
  unfinishedOf,
  unknownHandoff,
  wantedOf,
} from './look-ups.ts';
import { begin, checkNewHandoff, isTheSame, type Resolved, stepsOf } from './new-handoff.ts';
import { isFinal } from './state-machine.ts';
import { transition } from './transition.ts';

export interface HandoffParts {
  readonly tenants: TenantConnections;
  readonly writer: LogWriter;
  readonly catalog: StreamCatalog;
  readonly settings: LineageSettings;
  /** The tenant that an operator acts in. Throws `FORBIDDEN`, `NOT_FOUND`. */
  readonly operated: (actor: Actor, tenant: string | null) => Promise<string>;
}

export class HandoffService implements Handoffs {
  readonly #parts: HandoffParts;

  constructor(parts: HandoffParts) {
    this.#parts = parts;
  }

  async plan(actor: Actor, named: string | null, handoff: NewHandoff): Promise<HandoffPlan> {
    const tenant = await this.#parts.operated(actor, named);
    const db = this.#parts.tenants.of(tenant);
    const { source, target, streams } = await this.#resolve(db, tenant, handoff);
    const facts = await this.#facts(db, tenant, source, target, streams);
    const problems = problemsOf(handoff, facts);
    const [busy] = await unfinishedOf(db, tenant, [source.id, target.id]);
    if (busy) problems.push(`The handoff ${busy.id} is under way between ${between(busy)}.`);
    return {
      ...{ source, target, problems, steps: stepsOf(handoff.strategy) },
      streams: facts.streams.map(({ uuid, name }) => ({ uuid, name })),
    };
  }

  async start(actor: Actor, named: string | null, handoff: NewHandoff): Promise<HandoffDocument> {
    const { operated, writer } = this.#parts;
    const tenant = await operated(actor, named);
    const id = await writer.append(tenant, async (append) => {
      const resolved = await this.#resolve(append.client, tenant, handoff);
      const [busy] = await unfinishedOf(append.client, tenant, [resolved.source.id, resolved.target.id]);
      if (busy && isTheSame(busy, resolved, handoff)) return { entries: [], result: busy.id };
      if (busy) {
        throw new PresageError(
          'CONFLICT',
          `The handoff ${busy.id} is under way between ${between(busy)}; wait for it, or abort it.`,
        );
      }
      return begin(append, tenant, resolved, handoff);
    });
    return this.#document(tenant, id);
  }

  async advance(actor: Actor, named: string | null, id: string): Promise<HandoffDocument> {
    const tenant = await this.#parts.operated(actor, named);
    checkId(id);
    const waitingFor = await this.drive(tenant, id);
    return { ...(await this.#document(tenant, id)), waitingFor };
  }

  async abort(actor: Actor, named: string | null, id: string): Promise<HandoffDocument> {
    const tenant = await this.#parts.operated(actor, named);
    checkId(id);
    await this.#parts.writer.append(tenant, async (append) => {
      const handoff = await handoffOf(append.client, tenant, id);
      if (isFinal(handoff.state)) {
        throw new PresageError('CONFLICT', `The handoff ${id} is over: ${handoff.state.replace('_', ' ')}.`);
      }
      const verdict = {
        outcome: 'aborted',
        notes: `${actor.peer.name ?? actor.peer.publicKey} aborted it.`,
      } as const;
      return { entries: await transition(append, tenant, handoff, verdict), result: undefined };
    });
    return this.#document(tenant, id);
  }

  async retire(actor: Actor, named: string | null, instance: string): Promise<void> {
    const isOwn = await this.#isOwn(actor, named, instance);
    const tenant = isOwn ? actor.tenant : await this.#parts.operated(actor, named);
    await this.#parts.writer.append(tenant, async (append) => {
      const { id } = await instanceOf(append.client, tenant, instance);
      // It may have become another's since we looked.
      if (isOwn && (await ownerOf(append.client, tenant, instance)) !== actor.peer.publicKey) {
        throw unknownInstance(instance);
      }
      const [busy] = await unfinishedOf(append.client, tenant, [id]);
      if (busy) {
        throw new PresageError(
          'CONFLICT',
          `"${instance}" is in the handoff ${busy.id}; wait for it, or abort it.`,
        );
      }
      return retireInstance(
        append,
        tenant,
        instance,
        `${actor.peer.name ?? actor.peer.publicKey} retired it.`,
      );
    });
  }

  /** Whether a peer that is no operator means an instance of its own. */
  async #isOwn({ tenant, peer }: Actor, named: string | null, instance: string): Promise<boolean> {
    if (peer.role !== 'PEER' || (named !== null && named !== tenant)) return false;
    const owner = await ownerOf(this.#parts.tenants.of(tenant), tenant, instance);
    return owner === peer.publicKey;
  }

  async list(actor: Actor, named: string | null, unfinished: boolean): Promise<readonly HandoffDocument[]> {
    const tenant = await this.#parts.operated(actor, named);
    const db = this.#parts.tenants.of(tenant);
    const rows = await readHandoffs(db, tenant, unfinished ? 'h.finished_at IS NULL' : 'TRUE', []);
    return documents(db, tenant, rows);
  }

  /**
   * Looks whether the present step is over, and takes the next if so: as often as is needed until it has to wait. Gives
   * what it waits for, null when it is over. Any process may do so, any number at once.
   */
  async drive(tenant: string, id: string): Promise<string | null> {
    for (;;) {
      const found = await this.step(tenant, id);
      if (found !== 'moved on') return found.waitingFor;
    }
  }

  /** Takes one step if the present one is over; what it waits for otherwise, null when all is over. */
  async step(tenant: string, id: string): Promise<'moved on' | { readonly waitingFor: string | null }> {
    const db = this.#parts.tenants.of(tenant);
    const handoff = await handoffOf(db, tenant, id);
    if (isFinal(handoff.state)) return { waitingFor: null };
    const verdict = await this.#judge(db, tenant, handoff);
    if (verdict.outcome === null) return { waitingFor: verdict.waitingFor };
    await this.#parts.writer.append(tenant, async (append) => ({
      entries: await transition(append, tenant, handoff, verdict),
      result: undefined,
    }));
    return 'moved on';
  }

  async #judge(db: Queryable, tenant: string, handoff: HandoffRow): Promise<Verdict> {
    const { heartbeatTimeoutMs, cadenceFactor } = this.#parts.settings;
    const lot = lotOf(handoff);
    const facts = await this.#facts(db, tenant, handoff.source, handoff.target, lot);
    const gaps =
      handoff.state === 'confirming'
        ? await Promise.all(
            lot.map((serverId) =>
              gapsSince(db, tenant, heartbeatTimeoutMs, {
                ...{ serverId, since: handoff.startedAt, until: handoff.now, factor: cadenceFactor },
              }),
            ),
          )
        : [];
    const moreLots = handoff.strategy === 'ROLLING' && handoff.moved + LOT < handoff.streamIds.length;
    return judge({ ...handoff, moreLots, patienceMs: heartbeatTimeoutMs }, facts, gaps.flat(), cadenceFactor);
  }

  #facts(
    db: Queryable,
    tenant: string,
    source: InstanceName,
    target: InstanceName,
    streams: readonly number[],
  ): Promise<Facts> {
    const patience = this.#parts.settings.heartbeatTimeoutMs;
    return readFacts(db, tenant, patience, { sourceId: source.id, targetId: target.id, streams });
  }

  async #document(tenant: string, id: string): Promise<HandoffDocument> {
    const db = this.#parts.tenants.of(tenant);
    const [document] = await documents(db, tenant, [await handoffOf(db, tenant, id)]);
    if (!document) throw unknownHandoff(id);
    return document;
  }

  async #resolve(db: Queryable, tenant: string, handoff: NewHandoff): Promise<Resolved> {
    const source = await instanceOf(db, tenant, handoff.from);
    const target = await instanceOf(db, tenant, handoff.to);
    const streams = await this.#streams(db, tenant, handoff, source.id);
    checkNewHandoff(handoff);
    return { source, target, streams };
  }

  async #streams(
    db: Queryable,
    tenant: string,
    handoff: NewHandoff,
    sourceId: number,
  ): Promise<readonly number[]> {
    if (handoff.streams === null) return wantedOf(db, tenant, sourceId);
    const found = await this.#parts.catalog.findAll(
      tenant,
      handoff.streams.map((uuid) => ({ uuid })),
    );
    const streams = found.map((stream, index) => {
      if (stream) return stream.serverId;
      throw new PresageError(
        'NOT_FOUND',
        `There is no stream of uuid ${handoff.streams?.[index]?.slice(0, 60)}.`,
      );
    });
    return [...new Set(streams)];
  }
}

function between({ source, target }: HandoffRow): string {
  return `"${source.name}" and "${target.name}"`;
}
