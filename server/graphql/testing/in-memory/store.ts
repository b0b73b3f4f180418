import type {
  ConsensusDocument,
  ObservationDocument,
  PeerDocument,
  PredictionDocument,
  ScoreDocument,
  StreamDocument,
} from '../../../../schema/log-entry.ts';
import type { Actor } from '../../../domain/actor.ts';

/** A public key of the right form. */
export const ALICE = 'A'.repeat(43);
/** What `verify` takes for Alice's token. */
export const ALICE_TOKEN = 'token-of-alice';

/** What a domain in memory has: one tenant's rows in arrays, which tests may look into and add to. */
export class MemoryStore {
  readonly alice: PeerDocument = { id: 1, publicKey: ALICE, name: 'alice', role: 'PEER', createdAt: 0 };
  readonly streams: StreamDocument[] = [];
  readonly observations: ObservationDocument[] = [];
  readonly consensus: ConsensusDocument[] = [];
  readonly predictions: PredictionDocument[] = [];
  /** By the id of the prediction, as the test puts them there. */
  readonly scores = new Map<number, ScoreDocument>();
  /** Names of the methods that were called. */
  readonly calls: string[] = [];
  /** Of the last entry. */
  position = 0;

  get actor(): Actor {
    return { tenant: 'default', peer: this.alice };
  }
}

/** For `flatMap`: pairs that have a value, to make a map of. */
export function hasValue<K, V>(entry: readonly [K, V | undefined]): entry is readonly [K, V] {
  return entry[1] !== undefined;
}
