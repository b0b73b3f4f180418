/** What Redis answers itself and why nothing gets better by trying again: what its errors begin with, and words for anybody. */
const REFUSALS: readonly (readonly [error: RegExp, reason: string])[] = [
  [
    /^(?:NOPERM|ERR The user executing the script)/,
    'does not let its user do all that is needed: grant what docs/production.md lists; the log names what was refused',
  ],
  [/^(?:NOAUTH|WRONGPASS)/, 'takes neither user nor password: check REDIS_URL'],
  [/^OOM/, 'is full and takes nothing more: raise its maxmemory, or lower PRESAGE_REDIS_LOG_LENGTH'],
  [/^MISCONF/, 'takes no writes as it can not save to its disk: mend that, or switch saving off'],
];

/**
 * What Redis refuses while it answers: a right that is missing, no room. It says so to every command that needs it, and is
 * asked often, so that what has not come again for a while is mended.
 */
export class Refused {
  readonly #onNews: (error: Error) => void;
  readonly #rememberedMs: number;
  readonly #now: () => number;
  #reason: string | null = null;
  #at = 0;

  /** `onNews` hears of the first of a kind; each is told of for `rememberedMs` after it was the last one. */
  constructor(onNews: (error: Error) => void, rememberedMs: number, now: () => number = Date.now) {
    this.#onNews = onNews;
    this.#rememberedMs = rememberedMs;
    this.#now = now;
  }

  /** To be told of every error of a command. */
  note(error: unknown): void {
    const reason = error instanceof Error ? reasonOf(error) : undefined;
    if (reason === undefined || !(error instanceof Error)) return;
    const isNews = this.reason !== reason;
    this.#reason = reason;
    this.#at = this.#now();
    if (isNews) this.#onNews(error);
  }

  /** In words for anybody; null while nothing is refused. */
  get reason(): string | null {
    return this.#now() - this.#at < this.#rememberedMs ? this.#reason : null;
  }
}

function reasonOf(error: Error): string | undefined {
  return REFUSALS.find(([pattern]) => pattern.test(error.message))?.[1];
}
