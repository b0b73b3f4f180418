import { z } from 'zod';
import { fetchShape } from '../http/fetch-json.ts';
import { coinIds } from './coins.ts';
import { webUrl } from './option-types.ts';
import { type Price, priceSource } from './price-source.ts';
import { sourceKind } from './source-kind.ts';

/** A coin without a price is `{}`. */
const PRICES = z.record(
  z.string(),
  z.object({ usd: z.string().nullish(), last_updated_at: z.string().nullish() }),
);

/**
 * Prices from CoinGecko: `GET /simple/price`, one request for all coins, at full precision, with the time of each price.
 * Prices are made anew every 60 s at most, and a request may name 515 coins. Without a key requests are limited by address;
 * past the limit it answers 429. The header is `x-cg-demo-api-key`, for a paid plan (with `url`
 * `https://pro-api.coingecko.com/api/v3`) `x-cg-pro-api-key`.
 * @see https://docs.coingecko.com/reference/simple-price
 * @see https://docs.coingecko.com/docs/errors-and-rate-limits
 */
export const coingecko = sourceKind({
  type: 'coingecko',
  every: '5m',
  options: z.strictObject({
    coins: coinIds('coingecko'),
    url: webUrl().default('https://api.coingecko.com/api/v3'),
    key: z.string().min(1).optional(),
    pro: z.boolean().default(false),
  }),
  open: ({ coins, url, key, pro }, context) => [
    priceSource(context, coins, async (ids, signal) => {
      const query = `ids=${ids.map(encodeURIComponent).join(',')}&vs_currencies=usd&include_last_updated_at=true&precision=full`;
      const headers = key === undefined ? {} : { [pro ? 'x-cg-pro-api-key' : 'x-cg-demo-api-key']: key };
      const answer = await fetchShape({ url: `${url}/simple/price?${query}`, headers, signal }, PRICES);
      const now = Date.now();
      return new Map(
        Object.entries(answer).flatMap(([id, { usd, last_updated_at: at }]): [string, Price][] =>
          usd == null ? [] : [[id, { value: usd, observedAt: at == null ? now : Number(at) * 1_000 }]],
        ),
      );
    }),
  ],
});
