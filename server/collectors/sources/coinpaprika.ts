import { z } from 'zod';
import { parseTime } from '../../../schema/time.ts';
import { fetchShape } from '../http/fetch-json.ts';
import { coinIds } from './coins.ts';
import { webUrl } from './option-types.ts';
import { type Price, priceSource } from './price-source.ts';
import { sourceKind } from './source-kind.ts';

const TICKERS = z.array(
  z.object({
    id: z.string(),
    last_updated: z.string().nullish(),
    quotes: z.object({ USD: z.object({ price: z.string().nullish() }).optional() }),
  }),
);

/**
 * Prices from CoinPaprika: `GET /tickers`, which gives every coin there is, so that any number of them is one request:
 * the free plan has 20,000 a month. A paid plan has another `url` (`https://api-pro.coinpaprika.com/v1`) and a key, which
 * goes into `Authorization` as it is, by the API's OpenAPI description (1.7.8) and its own clients; where its introduction
 * says `Bearer <key>` instead, `key: "Bearer …"` sends that. Errors: 402 of the plan, 403 of the key, 429 of the limit.
 * @see https://docs.coinpaprika.com/api-reference/rest-api/introduction
 * @see https://docs.coinpaprika.com/api-reference/tickers/get-tickers-for-all-active-coins
 */
export const coinpaprika = sourceKind({
  type: 'coinpaprika',
  every: '5m',
  options: z.strictObject({
    coins: coinIds('coinpaprika'),
    url: webUrl().default('https://api.coinpaprika.com/v1'),
    key: z.string().min(1).optional(),
  }),
  open: ({ coins, url, key }, context) => [
    priceSource(context, coins, async (ids, signal) => {
      const headers = key === undefined ? {} : { authorization: key };
      const answer = await fetchShape({ url: `${url}/tickers?quotes=USD`, headers, signal }, TICKERS);
      const now = Date.now();
      const wanted = new Set(ids);
      return new Map(
        answer.flatMap(({ id, last_updated: at, quotes }): [string, Price][] => {
          const value = quotes.USD?.price;
          if (value == null || !wanted.has(id)) return [];
          return [[id, { value, observedAt: (at == null ? undefined : parseTime(at)) ?? now }]];
        }),
      );
    }),
  ],
});
