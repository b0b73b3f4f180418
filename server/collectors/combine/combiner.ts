import { parseDecimal } from '../../../schema/decimal.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { NewStream } from '../../domain/stream/streams.ts';
import { FailureRun } from '../failure-run.ts';
import type { CollectorLog } from '../log.ts';
import { cadenceOf, type Schedule } from '../schedule.ts';
import type { CollectorSource, Sample } from '../source.ts';
import { agree, type Quote } from './median.ts';

/** The provider of observations that are medians. */
export const MEDIAN = 'median';

export interface CombineSettings {
  readonly schedule: Schedule;
  /** A quote that came in longer ago counts no more, in ms. */
  readonly maxAgeMs: number;
  /** A quote further than this off the median of all, in percent of it, is an outlier. */
  readonly maxDeviationPercent: number;
  /** Fewest quotes, outliers not counted, that make an observation. */
  readonly minQuotes: number;
}

const DEFAULTS: CombineSettings = {
  schedule: { kind: 'interval', everyMs: 60_000, jitterMs: 0 },
  maxAgeMs: 180_000,
  maxDeviationPercent: 5,
  minQuotes: 1,
};

/** The stream of the median of what sources say of `subject`, such as `BTC`: `spot_btc`. */
function medianStream(subject: string): string {
  return `spot_${subject.toLowerCase()}`;
}

interface Subject {
  readonly stream: NewStream;
  readonly sources: ReadonlySet<string>;
  readonly quotes: Map<string, { readonly value: string; readonly at: EpochMs }>;
  readonly outliers: Map<string, FailureRun>;
}

/**
 * Makes one observation of the quotes of several sources: their median, at beats of its own. Each quote is an observation
 * of its source's own stream as well, which is not this file's business. Something that only one source is set to quote has
 * no median.
 */
export class Combiner {
  readonly schedule: Schedule;
  readonly streams: readonly NewStream[];
  readonly #subjects = new Map<string, Subject>();
  readonly #settings: CombineSettings;
  readonly #log: CollectorLog;

  constructor(sources: readonly CollectorSource[], log: CollectorLog, settings: CombineSettings = DEFAULTS) {
    this.schedule = settings.schedule;
    this.#settings = settings;
    this.#log = log;
    const quoting = new Map<string, Set<string>>();
    for (const { name, quotes = [] } of sources) {
      for (const subject of quotes) quoting.set(subject, (quoting.get(subject) ?? new Set()).add(name));
    }
    for (const [subject, names] of quoting) {
      if (names.size < 2) continue;
      const stream = {
        name: medianStream(subject),
        secondary: subject,
        description: `Price of ${subject} in USD: the median of ${[...names].join(', ')}`,
        tags: ['crypto', 'price', MEDIAN],
        cadenceSeconds: cadenceOf(settings.schedule),
      };
      this.#subjects.set(subject, { stream, sources: names, quotes: new Map(), outliers: new Map() });
    }
    this.streams = [...this.#subjects.values()].map(({ stream }) => stream);
  }

  /** The medians that a source has a part in. */
  streamsOf(source: string): readonly string[] {
    return [...this.#subjects.values()]
      .filter(({ sources }) => sources.has(source))
      .map(({ stream }) => stream.name);
  }

  /** Hears what a source said. */
  quoted(source: string, samples: readonly Sample[]): void {
    const at = Date.now();
    for (const { quoteOf, value: given } of samples) {
      const value = parseDecimal(given);
      if (quoteOf !== undefined && value !== undefined)
        this.#subjects.get(quoteOf)?.quotes.set(source, { value, at });
    }
  }

  /** The medians as of now, and the streams that have none although there are quotes. */
  medians(now: EpochMs): {
    samples: readonly Sample[];
    problems: readonly { stream: string; message: string }[];
  } {
    const samples: Sample[] = [];
    const problems: { stream: string; message: string }[] = [];
    for (const subject of this.#subjects.values()) {
      const quotes = this.#fresh(subject, now);
      if (quotes.length === 0) continue;
      const { median, outliers } = agree(quotes, this.#settings.maxDeviationPercent);
      this.#note(subject, quotes, outliers);
      const { name } = subject.stream;
      if (outliers.length > 0)
        problems.push({ stream: name, message: `Outliers were dropped: ${listed(outliers)}.` });
      if (median === null || quotes.length - outliers.length < this.#settings.minQuotes) {
        problems.push({ stream: name, message: `Too few quotes agree: ${listed(quotes)}.` });
      } else samples.push({ stream: name, value: median, observedAt: now });
    }
    return { samples, problems };
  }

  #fresh({ quotes }: Subject, now: EpochMs): readonly Quote[] {
    return [...quotes]
      .filter(([, { at }]) => now - at <= this.#settings.maxAgeMs)
      .map(([source, { value }]) => ({ source, value }));
  }

  /** Says once of a run of outliers that there is one, and when it ends. */
  #note({ stream, outliers: runs }: Subject, quotes: readonly Quote[], outliers: readonly Quote[]): void {
    for (const quote of quotes) {
      const run =
        runs.get(quote.source) ?? new FailureRun(this.#log, quote.source, `outlier of ${stream.name}`);
      runs.set(quote.source, run);
      if (outliers.includes(quote))
        run.failed(new Error(`${quote.value} is an outlier among ${listed(quotes)}.`));
      else run.succeeded();
    }
  }
}

function listed(quotes: readonly Quote[]): string {
  return quotes.map(({ source, value }) => `${source} ${value}`).join(', ');
}
