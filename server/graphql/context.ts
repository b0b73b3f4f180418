import DataLoader from 'dataloader';
import { PresageError } from '../../schema/errors.ts';
import type {
  ConsensusDocument,
  ObservationDocument,
  Position,
  ScoreDocument,
} from '../../schema/log-entry.ts';
import type { Actor } from '../domain/actor.ts';
import type { Domain } from '../domain/domain.ts';
import type { ApiSettings } from './settings.ts';

/** Who a request is from. */
export interface Viewer {
  readonly tenant: string;
  /** Null for an anonymous reader. */
  readonly actor: Actor | null;
  /** False for somebody who may only sign in. */
  readonly mayRead: boolean;
  /** The access token that it came with; absent where it was not sent with this request. */
  readonly token?: string;
}

/** The tenant that people without a token see. */
const PUBLIC_TENANT = 'default';

/** Somebody without a token. */
export function anonymous(settings: ApiSettings): Viewer {
  return { tenant: PUBLIC_TENANT, actor: null, mayRead: settings.publicRead };
}

/** What the resolvers of one operation share. Made anew for each, as what it has loaded must not outlive it. */
export class ApiContext {
  readonly domain: Domain;
  readonly settings: ApiSettings;
  readonly viewer: Viewer;
  /** Where the request came from; absent within this process. */
  readonly address: string | undefined;
  #latest: DataLoader<number, ObservationDocument | null> | undefined;
  #consensus: DataLoader<number, ConsensusDocument | null> | undefined;
  #scores: DataLoader<Position, ScoreDocument | null> | undefined;

  constructor(domain: Domain, settings: ApiSettings, viewer: Viewer, address?: string) {
    this.domain = domain;
    this.settings = settings;
    this.viewer = viewer;
    this.address = address;
  }

  /** The tenant to read from. Throws `UNAUTHENTICATED` where reading needs a token and there is none. */
  get tenant(): string {
    if (this.viewer.mayRead) return this.viewer.tenant;
    throw new PresageError('UNAUTHENTICATED', `Reading needs a token here. ${HOW_TO_SIGN_IN}`);
  }

  /** Who writes. Throws `UNAUTHENTICATED` for somebody without a token. */
  get actor(): Actor {
    if (this.viewer.actor) return this.viewer.actor;
    throw new PresageError('UNAUTHENTICATED', `Writing needs a token. ${HOW_TO_SIGN_IN}`);
  }

  /** The caller's access token, for asking another server on its behalf; null where none came with the request. */
  get token(): string | null {
    return this.viewer.token ?? null;
  }

  /** The newest observation by `serverId`, one statement for all streams of an operation's level. */
  get latest(): DataLoader<number, ObservationDocument | null> {
    this.#latest ??= new DataLoader(async (streams: readonly number[]) => {
      const found = await this.domain.observations.latestOf(this.tenant, streams);
      return streams.map((stream) => found.get(stream) ?? null);
    });
    return this.#latest;
  }

  /** The consensus by `serverId`, in the same way. */
  get consensus(): DataLoader<number, ConsensusDocument | null> {
    this.#consensus ??= new DataLoader(async (streams: readonly number[]) => {
      const found = await this.domain.consensus.of(this.tenant, streams);
      return streams.map((stream) => found.get(stream) ?? null);
    });
    return this.#consensus;
  }

  /** The present score by the id of the prediction, one statement for all of an operation's level. */
  get scores(): DataLoader<Position, ScoreDocument | null> {
    this.#scores ??= new DataLoader(async (predictions: readonly Position[]) => {
      const found = await this.domain.scores.ofPredictions(this.tenant, predictions);
      return predictions.map((id) => found.get(id) ?? null);
    });
    return this.#scores;
  }
}

export const HOW_TO_SIGN_IN =
  'Sign in with requestChallenge and authenticate, then send "Authorization: Bearer <accessToken>".';
