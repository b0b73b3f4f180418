import type { FieldKind, FilterField } from '../../schema/filter/form.ts';
import type {
  LineageDocument,
  ObservationDocument,
  PeerDocument,
  StreamDocument,
} from '../../schema/log-entry.ts';
import { instanceOf, streamsOf } from './lineage-fields.ts';

/** What conditions can be about, whatever the topic: observations and predictions are ones as they are. */
export interface Matchable {
  readonly stream: StreamDocument;
  readonly value?: ObservationDocument['value'];
  readonly observedAt?: ObservationDocument['observedAt'];
  readonly provider?: string;
  readonly hash?: string;
  readonly peer?: PeerDocument;
  readonly lineage?: LineageDocument;
}

/** A thing without the field has null or undefined there. */
export type FieldValue = string | number | readonly string[] | null | undefined;

interface Field {
  readonly kind: FieldKind;
  readonly read: (thing: Matchable) => FieldValue;
}

/** How each field that conditions may name is read and compared. */
export const FIELDS: Record<FilterField, Field> = {
  'stream.uuid': { kind: 'text', read: (thing) => thing.stream.uuid },
  'stream.name': { kind: 'text', read: (thing) => thing.stream.name },
  'stream.author': { kind: 'text', read: (thing) => thing.stream.author },
  'stream.secondary': { kind: 'text', read: (thing) => thing.stream.secondary },
  'stream.target': { kind: 'text', read: (thing) => thing.stream.target },
  'stream.tags': { kind: 'tags', read: (thing) => thing.stream.tags },
  value: { kind: 'decimal', read: (thing) => thing.value },
  observedAt: { kind: 'time', read: (thing) => thing.observedAt },
  provider: { kind: 'text', read: (thing) => thing.provider },
  hash: { kind: 'text', read: (thing) => thing.hash },
  'peer.publicKey': { kind: 'text', read: (thing) => thing.peer?.publicKey },
  'lineage.kind': { kind: 'text', read: (thing) => thing.lineage?.kind },
  'lineage.instance': { kind: 'text', read: (thing) => thing.lineage && instanceOf(thing.lineage) },
  'lineage.streams': { kind: 'tags', read: (thing) => thing.lineage && streamsOf(thing.lineage) },
};

/** The stream of what is on none: no stream has an empty uuid or name. */
export const NO_STREAM: StreamDocument = {
  ...{ serverId: 0, uuid: '', name: '', author: '', secondary: null, target: null, meta: null },
  ...{ description: null, tags: [], cadenceSeconds: null, createdAt: 0, archivedAt: null },
};
