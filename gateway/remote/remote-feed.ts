import type { LiveSource } from '../delivery/live-source.ts';
import type { Broker, LogReader } from '../ports.ts';
import type { FeedKind } from '../stats.ts';
import { Streamer } from '../streamer/streamer.ts';
import { elapsed } from './entering.ts';
import { inPublic, type Loss } from './loss.ts';
import { Session, type SessionParts } from './session.ts';
import { SwitchingSource } from './switching-source.ts';

export interface RemoteFeedParts extends Omit<SessionParts, 'onLost'> {
  readonly log: LogReader;
}

/** Tells nobody anything: what there is to know is asked of the log. */
const NOTHING_HEARD: Broker = {
  publish: () => undefined,
  consume: () => () => undefined,
  close: async () => undefined,
};

/**
 * Pause after a session that failed or was lost, in ms: the first, and the longest after sessions that were lost as soon as
 * they had begun, as all are where Redis takes some commands and refuses others.
 */
const BETWEEN_SESSIONS_MS = { first: 200, longest: 2_000 } as const;
/** A session that was lost sooner than that was of no use, in ms. */
const USEFUL_AFTER_MS = 5_000;

/**
 * Feeds a gateway's subscriptions from streamers over Redis, and while Redis or every streamer is away from the log, at
 * the pace of `pollMs`. It goes back and forth by itself, and no subscription misses or repeats anything by that.
 */
export class RemoteFeed {
  readonly source: SwitchingSource;
  readonly #parts: RemoteFeedParts;
  readonly #polling: Streamer;
  readonly #ended = new AbortController();
  readonly #aborted: Promise<void>;
  readonly #running: Promise<void>;
  #session: Session | null = null;
  #reason = 'no streamer has taken this gateway on yet';
  #pauseMs: number = BETWEEN_SESSIONS_MS.first;

  constructor(parts: RemoteFeedParts) {
    const { settings, redis, logger, resync } = parts;
    this.#parts = parts;
    this.#polling = new Streamer({
      ...parts,
      broker: NOTHING_HEARD,
      settings: { ...settings, headPollMs: redis.settings.pollMs },
    });
    this.source = new SwitchingSource({ first: this.#polling, logger, retryMs: settings.retryMs, resync });
    const { signal } = this.#ended;
    this.#aborted = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#running = this.#run();
  }

  get kind(): FeedKind {
    return this.#session ? 'redis' : 'polling';
  }

  /** Why the log is polled, in words for anybody; null while it is not. */
  get reason(): string | null {
    return this.#session ? null : this.#reason;
  }

  /** The id under which streamers know this gateway; null while none feeds it. */
  get gatewayId(): string | null {
    return this.#session?.gatewayId ?? null;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.source.close();
    this.#session?.close();
    this.#polling.close();
    await this.#running;
  }

  /** Never rejects: a session that fails is followed by another. */
  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#runSession().catch((error: Error) => {
        // What a command says then is about the client's own queue.
        this.#failed(this.#parts.redis.isReady ? error : 'Redis does not answer');
      });
      if (!signal.aborted) await elapsed(this.#pauseMs);
    }
  }

  async #runSession(): Promise<void> {
    const { redis, logger } = this.#parts;
    const { signal } = this.#ended;
    await Promise.race([redis.ready(), this.#aborted]);
    if (signal.aborted) return;
    let lose: (loss: Loss) => void = () => undefined;
    const lost = new Promise<Loss>((resolve) => {
      lose = resolve;
    });
    const session = new Session({ ...this.#parts, onLost: (loss) => lose(loss) });
    const close = (): void => session.close();
    signal.addEventListener('abort', close);
    try {
      await session.open(2 * redis.settings.leaseMs);
      if (signal.aborted) return;
      this.#switch(session, session);
      logger.info({ gateway: session.gatewayId }, 'subscriptions are fed over Redis');
      this.#reason = '';
      const began = performance.now();
      const loss = await Promise.race([lost, this.#aborted]);
      this.#choosePause(performance.now() - began);
      if (loss !== undefined) this.#failed(loss);
    } finally {
      signal.removeEventListener('abort', close);
      this.#switch(null, this.#polling);
      session.close();
    }
  }

  #choosePause(lastedMs: number): void {
    const { first, longest } = BETWEEN_SESSIONS_MS;
    this.#pauseMs = lastedMs < USEFUL_AFTER_MS ? Math.min(2 * this.#pauseMs, longest) : first;
  }

  /** Says so once for each reason: attempts go on until one succeeds. */
  #failed(loss: Loss): void {
    const { logger, redis } = this.#parts;
    const reason = inPublic(loss);
    const isNews = reason !== this.#reason;
    this.#reason = reason;
    if (!isNews || this.#ended.signal.aborted) return;
    const { pollMs } = redis.settings;
    const err = loss instanceof Error ? { err: loss } : {};
    logger.warn(
      { reason, pollMs, ...err },
      'subscriptions are fed from Postgres until streamers can be heard',
    );
  }

  #switch(session: Session | null, source: LiveSource): void {
    this.#session = session;
    this.source.switchTo(source);
  }
}
