import type { EpochMs } from '../../../schema/time.ts';
import { cadenceOf } from '../schedule.ts';
import { type CollectorSource, PartialFailure, type Sample } from '../source.ts';
import type { SourceContext } from './source-kind.ts';

/** A price that is older than this when it is asked for says nothing of now, in ms. */
const STALE_MS = 3_600_000;

export interface Price {
  readonly value: string;
  /** When it was so; when it was asked for, where the API doesn't say. */
  readonly observedAt: EpochMs;
}

/**
 * A source of prices in USD, a stream for each coin (`kraken_btc`), each of them a quote. Coins that the API doesn't know,
 * or knows only an old price of, fail by themselves.
 */
export function priceSource(
  { name, schedule }: SourceContext,
  ids: ReadonlyMap<string, string>,
  /** The prices of these ids, as far as there are any. */
  prices: (ids: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, Price>>,
): CollectorSource {
  const symbols = [...ids.keys()];
  const streamOf = (symbol: string) => `${name}_${symbol.toLowerCase()}`;
  return {
    name,
    quotes: symbols,
    streams: symbols.map((symbol) => ({
      name: streamOf(symbol),
      secondary: symbol,
      description: `Price of ${symbol} in USD at ${name}`,
      tags: ['crypto', 'price', name],
      cadenceSeconds: cadenceOf(schedule),
    })),
    sample: async (signal) => {
      const found = await prices([...new Set(ids.values())], signal);
      const stale = Date.now() - STALE_MS;
      const missing: string[] = [];
      const samples = [...ids].flatMap(([symbol, id]): Sample[] => {
        const price = found.get(id);
        if (price && price.observedAt >= stale)
          return [{ stream: streamOf(symbol), quoteOf: symbol, ...price }];
        missing.push(`${symbol} (${id}${price ? ', stale' : ''})`);
        return [];
      });
      if (missing.length === 0) return samples;
      throw new PartialFailure(`${name} has no price of ${missing.join(', ')}.`, samples);
    },
  };
}
