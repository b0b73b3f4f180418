import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import { GENESIS, linkHash } from '../../../schema/hash-chain.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { ChainHead } from '../log/tenant-log.ts';
import { archived, type JudgedObservation, Refusal } from './judge.ts';

/** An observation with its place in its stream's chain. */
export interface LinkedObservation extends JudgedObservation {
  readonly observedAt: EpochMs;
  readonly hash: string;
}

/** What is in the log at a time that an item names. */
export interface Occupant {
  readonly value: CanonicalDecimal;
  readonly retracted: boolean;
}

/** The answer to one item: appended, there already, or refused. */
export type Verdict =
  | { readonly kind: 'appended'; readonly observation: LinkedObservation }
  | { readonly kind: 'duplicate'; readonly observedAt: EpochMs }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Decides item after item what becomes of it, and links those that are appended into the chains of their streams.
 * It changes nothing that it was given: the new ends of the chains are in `ends`, to be kept once they are committed.
 */
export class ChainPlan {
  readonly verdicts: Verdict[] = [];
  readonly appended: LinkedObservation[] = [];
  readonly ends = new Map<number, { head: ChainHead; links: number }>();
  readonly #heads: ReadonlyMap<number, ChainHead>;
  readonly #occupants: ReadonlyMap<string, Occupant>;
  readonly #ts: EpochMs;
  readonly #archived: ReadonlySet<number>;
  /** Times taken by this plan itself, looked for only when a stream's items are not in order of time. */
  readonly #taken = new Map<string, Occupant>();
  /** How many of `appended` are in `#taken`. */
  #indexed = 0;

  /** `occupants` by `slotKey`, of every slot that `needsLookup` named; `archived` by `serverId`. */
  constructor(
    heads: ReadonlyMap<number, ChainHead>,
    occupants: ReadonlyMap<string, Occupant>,
    ts: EpochMs,
    archived: ReadonlySet<number> = new Set(),
  ) {
    this.#archived = archived;
    this.#heads = heads;
    this.#occupants = occupants;
    this.#ts = ts;
  }

  add(item: JudgedObservation): void {
    const { stream } = item;
    if (this.#archived.has(stream.serverId)) {
      this.verdicts.push({ kind: 'refused', refusal: archived(stream) });
      return;
    }
    const head = this.ends.get(stream.serverId)?.head ??
      this.#heads.get(stream.serverId) ?? { hash: GENESIS, lastObservedAt: undefined };
    const last = head.lastObservedAt;
    const observedAt = item.observedAt ?? (last === undefined ? this.#ts : Math.max(this.#ts, last + 1));
    if (last !== undefined && observedAt <= last) {
      const slot = slotKey(stream.serverId, observedAt);
      const occupant = this.#takenAt(slot) ?? this.#occupants.get(slot);
      if (occupant) {
        this.verdicts.push(judgeOccupied(item, observedAt, occupant));
        return;
      }
    }
    const { value, provider } = item;
    this.#append({ stream, value, observedAt, provider, hash: linkHash(head.hash, observedAt, value) }, head);
  }

  #takenAt(slot: string): Occupant | undefined {
    for (; this.#indexed < this.appended.length; this.#indexed += 1) {
      const row = this.appended[this.#indexed];
      if (row)
        this.#taken.set(slotKey(row.stream.serverId, row.observedAt), { value: row.value, retracted: false });
    }
    return this.#taken.get(slot);
  }

  #append(observation: LinkedObservation, head: ChainHead): void {
    const { stream, observedAt, hash } = observation;
    const lastObservedAt = Math.max(observedAt, head.lastObservedAt ?? observedAt);
    const links = (this.ends.get(stream.serverId)?.links ?? 0) + 1;
    this.ends.set(stream.serverId, { head: { hash, lastObservedAt }, links });
    this.appended.push(observation);
    this.verdicts.push({ kind: 'appended', observation });
  }
}

/** Names a stream's time. */
export function slotKey(streamServerId: number, observedAt: EpochMs): string {
  return `${streamServerId}.${observedAt}`;
}

/** Items whose time may be taken already: those not newer than everything their stream had. */
export function needsLookup(
  items: readonly JudgedObservation[],
  heads: ReadonlyMap<number, ChainHead>,
): { streamIds: number[]; times: EpochMs[] } {
  const streamIds: number[] = [];
  const times: EpochMs[] = [];
  for (const { stream, observedAt } of items) {
    const last = heads.get(stream.serverId)?.lastObservedAt;
    if (observedAt === undefined || last === undefined || observedAt > last) continue;
    streamIds.push(stream.serverId);
    times.push(observedAt);
  }
  return { streamIds, times };
}

function judgeOccupied(item: JudgedObservation, observedAt: EpochMs, occupant: Occupant): Verdict {
  const when = new Date(observedAt).toISOString();
  if (occupant.retracted) {
    const message = `The observation of "${item.stream.name}" at ${when} was retracted; correctObservation restores it.`;
    return { kind: 'refused', refusal: new Refusal('RETRACTED', message) };
  }
  if (occupant.value === item.value) return { kind: 'duplicate', observedAt };
  const message = `"${item.stream.name}" has ${occupant.value} at ${when} already; use correctObservation to make it ${item.value}.`;
  return { kind: 'refused', refusal: new Refusal('CONFLICT', message) };
}
