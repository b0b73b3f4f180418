import { PresageError } from '../../../schema/errors.ts';
import type { Position, ScoreDocument } from '../../../schema/log-entry.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { readLeaderboard } from './leaderboard.ts';
import { readScores } from './read-scores.ts';
import { MAX_WINDOW } from './rescore.ts';
import type { LeaderboardEntry, LeaderboardRequest, Scores } from './scores.ts';

/** Entries of a leaderboard, at most. */
const MAX_ENTRIES = 1_000;

/** Reading scores, and who predicts best. */
export class ScoreService implements Scores {
  readonly #reads: TenantReads;
  readonly #catalog: StreamCatalog;

  constructor(reads: TenantReads, catalog: StreamCatalog) {
    this.#reads = reads;
    this.#catalog = catalog;
  }

  ofPredictions(tenant: string, ids: readonly Position[]): Promise<ReadonlyMap<Position, ScoreDocument>> {
    return readScores(this.#reads.of(tenant), this.#catalog, tenant, ids);
  }

  async leaderboard(
    tenant: string,
    { streamUuid, window, first }: LeaderboardRequest,
  ): Promise<readonly LeaderboardEntry[]> {
    checkRange('window', window, MAX_WINDOW);
    checkRange('first', first, MAX_ENTRIES);
    if (streamUuid !== null && !(await this.#catalog.find(tenant, { uuid: streamUuid }))) {
      throw new PresageError('NOT_FOUND', `There is no stream of uuid ${streamUuid.slice(0, 60)}.`);
    }
    return readLeaderboard(this.#reads.of(tenant), tenant, { streamUuid, window, first });
  }
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new PresageError('BAD_INPUT', `${name} must be a whole number from 1 to ${max}, not ${value}.`);
}
