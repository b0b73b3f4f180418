import type { NewStream } from '../../domain/stream/streams.ts';
import type { CollectorLog } from '../log.ts';
import type { Collected, Spool } from './spool.ts';

/** A spool is called nearly full from this part of its bound on. */
const WARN_AT = 0.8;
/** Rows dropped at once: what one transaction may take without holding up the process. */
const DROP_AT_ONCE = 5_000;
/** Transactions that drop what is old, at one look at most. */
const DROPS_A_LOOK = 20;
/** What waits for longer than this is not just on its way, in ms. */
const STUCK_MS = 60_000;
/** How often the spool is rid of what is old, in ms. */
const LOOK_EVERY_MS = 60_000;
/** How often it is seen whether a full spool has room again, in ms. */
const LOOK_WHEN_FULL_MS = 1_000;
/** How often a full spool is complained about, in ms. */
const COMPLAIN_EVERY_MS = 60_000;

/**
 * Keeps the spool within its bound. What is published and past its retention goes; from the bound on what is published
 * goes before its time, the oldest first. What is not published is never dropped: a spool that is full of it takes
 * nothing more, so that what is collected meanwhile is lost, which is said loudly and counted.
 */
export class SpoolKeeper {
  readonly #spool: Spool;
  readonly #log: CollectorLog;
  #nextLook = 0;
  #nextComplaint = 0;
  #full = false;
  #warned = false;
  /** Observations that a full spool did not take. */
  lost = 0;

  constructor(spool: Spool, log: CollectorLog) {
    this.#spool = spool;
    this.#log = log;
  }

  /** Keeps what fits; `undefined` if the spool is full and nothing of it was kept. */
  keep(
    collected: readonly Collected[],
    describe: (stream: string) => NewStream,
  ): readonly Collected[] | undefined {
    const now = Date.now();
    if (now >= this.#nextLook || (!this.#full && this.#spool.bytes() > this.#spool.settings.maxBytes))
      this.look(now);
    if (!this.#full) return this.#spool.keep(collected, describe);
    this.lost += collected.length;
    return undefined;
  }

  /** Drops what is old, and sees how full the spool is. */
  look(now = Date.now()): void {
    const { retentionMs, maxBytes, directory } = this.#spool.settings;
    for (let turn = 0; turn < DROPS_A_LOOK; turn++) {
      if (this.#spool.dropPublished(now - retentionMs, DROP_AT_ONCE) < DROP_AT_ONCE) break;
    }
    let bytes = this.#spool.bytes();
    while (bytes > maxBytes && this.#spool.dropPublished(Number.MAX_SAFE_INTEGER, DROP_AT_ONCE) > 0) {
      bytes = this.#spool.bytes();
    }
    const wasFull = this.#full;
    this.#full = bytes > maxBytes;
    const stuck = now - (this.#spool.waitingSince() ?? now) > STUCK_MS;
    const fields = () => ({ directory, bytes, maxBytes, ...this.#spool.counts(), lost: this.lost });
    if (this.#full && (!wasFull || now >= this.#nextComplaint)) {
      this.#nextComplaint = now + COMPLAIN_EVERY_MS;
      this.#log.error(
        fields(),
        'THE SPOOL IS FULL of what is not published yet: WHAT IS COLLECTED NOW IS LOST. Let the server be reached again, or raise PRESAGE_SPOOL_MAX_MB.',
      );
    } else if (!this.#full && bytes > maxBytes * WARN_AT && stuck) {
      if (!this.#warned) this.#log.warn(fields(), NEARLY_FULL);
      this.#warned = true;
    } else if (bytes <= maxBytes * WARN_AT) this.#warned = false;
    if (wasFull && !this.#full) this.#log.info(fields(), 'The spool takes observations again.');
    this.#nextLook = now + (this.#full ? LOOK_WHEN_FULL_MS : LOOK_EVERY_MS);
  }
}

const NEARLY_FULL =
  'THE SPOOL IS NEARLY FULL: it is over 80 % of its bound. At the bound it drops what is published, oldest first; once all that is left is unpublished, new observations are lost. Let the server be reached again, or raise PRESAGE_SPOOL_MAX_MB.';
