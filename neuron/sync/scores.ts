import { OwnScoresDocument } from '../../schema/generated/graphql.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { DueScore } from '../storage/report-rows.ts';
import type { Store } from '../storage/store.ts';
import type { Server } from './server.ts';

/** Predictions asked about in one query, at most, and scores that are waited for at a time. */
const PAGE = 500;
/** Streams that are asked about one by one in a sync, because their predictions are older than the newest page. */
const MOST_STREAMS = 20;
/** A score that the server has not given after this many ms never comes: its target was retracted, or it is gone. */
const GIVE_UP_MS = 86_400_000;

export interface ScoreSyncOptions {
  readonly store: Store;
  readonly server: Server;
  /** The neuron's own public key. */
  readonly peer: string;
  readonly intervalMs: number;
  /** Hears of each score that is stored; `stream` is the local id. */
  readonly onScore: (stream: number) => void;
  readonly logger: Logger;
}

/**
 * Fetches what the server made of own predictions. It knows from its own observations which have been scored, so it
 * asks only if there are any, and for all of them at once.
 */
export class ScoreSync {
  readonly #options: ScoreSyncOptions;
  readonly #firstAsked = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ScoreSyncOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#begin(), this.#options.intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  /** Asks for every score that is due. */
  async #sync(): Promise<void> {
    const { store } = this.#options;
    const due = store.reports.dueScores(PAGE);
    if (due.length === 0) return;
    const waiting = new Map(due.map((item) => [item.serverId, item]));
    await this.#ask(waiting, null);
    const streams = new Set([...waiting.values()].map((item) => item.streamUuid));
    for (const stream of [...streams].slice(0, MOST_STREAMS)) await this.#ask(waiting, stream);
    this.#giveUp(waiting.values());
  }

  /** Takes the scores of one page, and what it was about out of `waiting`. */
  async #ask(waiting: Map<string, DueScore>, stream: string | null): Promise<void> {
    const { store, server, peer, onScore } = this.#options;
    const { predictions } = await server.request(OwnScoresDocument, {
      peer,
      last: PAGE,
      ...(stream !== null && { stream }),
    });
    const now = Date.now();
    store.transaction(() => {
      for (const { node } of predictions.edges) {
        const item = waiting.get(node.id);
        if (!item || !node.score) continue;
        waiting.delete(node.id);
        this.#firstAsked.delete(item.id);
        store.reports.score(item, node.score, now);
        onScore(item.stream);
      }
    });
  }

  #giveUp(missing: Iterable<DueScore>): void {
    const now = Date.now();
    for (const item of missing) {
      const { id } = item;
      const first = this.#firstAsked.get(id) ?? now;
      this.#firstAsked.set(id, first);
      if (now - first < GIVE_UP_MS) continue;
      this.#firstAsked.delete(id);
      this.#options.store.reports.score(item, null, now);
    }
  }

  #begin(): void {
    this.#running ??= this.#sync()
      .catch((error: unknown) => {
        this.#options.logger.debug(
          { error: messageOf(error) },
          'scores could not be fetched; it is tried again',
        );
      })
      .finally(() => {
        this.#running = undefined;
      });
  }
}
