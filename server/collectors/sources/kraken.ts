import { z } from 'zod';
import { fetchShape } from '../http/fetch-json.ts';
import { RetryLater } from '../source.ts';
import { coinIds } from './coins.ts';
import { webUrl } from './option-types.ts';
import { type Price, priceSource } from './price-source.ts';
import { sourceKind } from './source-kind.ts';

const answerOf = <T extends z.ZodType>(result: T) =>
  z.object({ error: z.array(z.string()).default([]), result: z.record(z.string(), result).default({}) });
const PAIRS = answerOf(z.object({ wsname: z.string().optional() }));
/** `c` is the last trade: price and volume. */
const TICKERS = answerOf(z.object({ c: z.array(z.string()).min(1) }));

/** How long the list of pairs is believed, in ms. */
const PAIRS_MS = 86_400_000;
/** How long Kraken is left alone when it says that it is asked too often, in ms. */
const LIMITED_MS = 60_000;

/**
 * Prices from Kraken: the last trade against USD by `GET /0/public/Ticker`, one request for all coins. Kraken names pairs
 * in its own way (`XXBTZUSD`, but `SOLUSD`), and one name that it doesn't know makes the whole request fail, so that the
 * names are looked up in `GET /0/public/AssetPairs` first, once a day, by their `wsname` (`XBT/USD`). There is no key to it;
 * asked too often it says `EGeneral:Too many requests`, with status 200.
 * @see https://docs.kraken.com/api-reference/market-data/get-ticker-information
 * @see https://docs.kraken.com/api-reference/market-data/get-tradable-asset-pairs
 */
export const kraken = sourceKind({
  type: 'kraken',
  every: '60s',
  options: z.strictObject({
    coins: coinIds('kraken'),
    url: webUrl().default('https://api.kraken.com/0/public'),
  }),
  open: ({ coins, url }, context) => {
    let pairs: ReadonlyMap<string, string> = new Map();
    let pairsUntil = 0;
    const lookUp = async (signal: AbortSignal) => {
      if (performance.now() < pairsUntil) return;
      const result = resultOf(await fetchShape({ url: `${url}/AssetPairs`, signal }, PAIRS));
      pairs = new Map(
        Object.entries(result).flatMap(([pair, { wsname }]): [string, string][] =>
          wsname?.endsWith('/USD') ? [[wsname.slice(0, -4), pair]] : [],
        ),
      );
      pairsUntil = performance.now() + PAIRS_MS;
    };
    return [
      priceSource(context, coins, async (ids, signal) => {
        await lookUp(signal);
        const names = ids.flatMap((id) => pairs.get(id) ?? []);
        if (names.length === 0) return new Map();
        const tickers = resultOf(
          await fetchShape({ url: `${url}/Ticker?pair=${names.join(',')}`, signal }, TICKERS),
        );
        const observedAt = Date.now();
        return new Map(
          ids.flatMap((id): [string, Price][] => {
            const value = tickers[pairs.get(id) ?? '']?.c[0];
            return value === undefined ? [] : [[id, { value, observedAt }]];
          }),
        );
      }),
    ];
  },
});

/** Kraken answers with status 200 whatever happened. */
function resultOf<T>({ error, result }: { error: string[]; result: T }): T {
  const [first] = error;
  if (first === undefined) return result;
  if (/Rate limit|Too many requests|Throttled/i.test(first))
    throw new RetryLater(`Kraken says ${first}`, LIMITED_MS);
  throw new Error(`Kraken says ${error.join(', ')}`);
}
