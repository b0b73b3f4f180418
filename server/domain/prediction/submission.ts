import type { ItemError } from '../../../schema/errors.ts';
import type {
  ObservationDocument,
  PeerDocument,
  Position,
  PredictionDocument,
  PredictionEntry,
} from '../../../schema/log-entry.ts';
import { encodeNodeId } from '../../../schema/node-id.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { Refusal } from '../observation/judge.ts';
import { archived, type JudgedPrediction } from './judge.ts';
import { type Base, baseKey } from './read-bases.ts';

/** A revision that a submission adds, and the one that it replaces. */
export interface NewRevision {
  readonly document: PredictionDocument;
  readonly before: PredictionDocument | undefined;
}

/**
 * Decides item after item what becomes of a peer's predictions and numbers those that are taken. Of several items about
 * the same target the last counts, as if they had been sent one after another.
 */
export class Submission {
  readonly added: NewRevision[] = [];
  readonly ids: (Position | null)[];
  readonly errors: ItemError[] = [];
  duplicates = 0;
  readonly #peer: PeerDocument;
  readonly #head: Position;
  readonly #ts: EpochMs;
  readonly #bases: ReadonlyMap<string, Base>;
  readonly #present: Map<string, PredictionDocument>;
  readonly #archived: ReadonlySet<number>;

  /** `present` are the peer's predictions from these bases by `targetKey`; what is added goes into it. */
  constructor(context: {
    readonly total: number;
    readonly peer: PeerDocument;
    readonly head: Position;
    readonly ts: EpochMs;
    readonly bases: ReadonlyMap<string, Base>;
    readonly present: Map<string, PredictionDocument>;
    /** Streams that are archived, by `serverId`. */
    readonly archived: ReadonlySet<number>;
  }) {
    this.ids = new Array(context.total).fill(null);
    this.#peer = context.peer;
    this.#head = context.head;
    this.#ts = context.ts;
    this.#bases = context.bases;
    this.#present = context.present;
    this.#archived = context.archived;
  }

  add(index: number, item: JudgedPrediction): void {
    if (this.#archived.has(item.stream.serverId)) {
      this.refuse(index, archived(item.stream));
      return;
    }
    const base = this.#bases.get(baseKey(item.stream.serverId, item.baseHash));
    if (!base || base.followers >= item.horizon) {
      this.refuse(index, base ? late(item) : unknownBase(item));
      return;
    }
    const key = targetKey(base.observation, item.horizon);
    const before = this.#present.get(key);
    if (before && same(before, item)) {
      this.duplicates += 1;
      this.ids[index] = before.id;
      this.errors.push({
        index,
        code: 'DUPLICATE',
        message: 'It is in the log already; nothing was changed.',
      });
      return;
    }
    const document = this.#document(item, base.observation, before);
    this.#present.set(key, document);
    this.added.push({ document, before });
    this.ids[index] = document.id;
  }

  refuse(index: number, { code, message }: Refusal): void {
    this.errors.push({ index, code, message });
  }

  entries(tenant: string): PredictionEntry[] {
    return this.added.map(({ document, before }) => ({
      ...{ tenant, position: document.position, topic: 'prediction', document, ts: this.#ts },
      type: before ? 'UPDATE' : 'CREATE',
      key: encodeNodeId('Prediction', document.id),
      ...(before ? { before } : {}),
    }));
  }

  #document(
    item: JudgedPrediction,
    base: ObservationDocument,
    before: PredictionDocument | undefined,
  ): PredictionDocument {
    const position = this.#head + this.added.length + 1;
    return {
      ...{ id: before?.id ?? position, position, stream: item.stream, peer: this.#peer, base },
      ...{ horizon: item.horizon, value: item.value, quantiles: item.quantiles },
      ...{ submittedAt: this.#ts, revision: before ? before.revision + 1 : 0 },
    };
  }
}

/** Names what a peer predicts: the `horizon`-th observation after a base, of whatever revision that is. */
export function targetKey({ stream, observedAt }: ObservationDocument, horizon: number): string {
  return `${stream.serverId}.${observedAt}+${horizon}`;
}

function same(before: PredictionDocument, item: JudgedPrediction): boolean {
  return (
    before.base.hash === item.baseHash &&
    before.value === item.value &&
    before.quantiles.length === item.quantiles.length &&
    before.quantiles.every(
      ({ level, value }, index) =>
        level === item.quantiles[index]?.level && value === item.quantiles[index]?.value,
    )
  );
}

function unknownBase({ stream, baseHash }: JudgedPrediction): Refusal {
  return new Refusal(
    'UNKNOWN_BASE',
    `"${stream.name}" has no observation of hash ${baseHash.slice(0, 12)}…; name one that it has.`,
  );
}

function late({ stream, horizon }: JudgedPrediction): Refusal {
  return new Refusal(
    'LATE',
    `The observation of "${stream.name}" ${horizon} after that base is in the log already; predict from a newer one.`,
  );
}
