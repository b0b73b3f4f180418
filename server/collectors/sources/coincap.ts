import { z } from 'zod';
import { fetchShape } from '../http/fetch-json.ts';
import { coinIds } from './coins.ts';
import { webUrl } from './option-types.ts';
import { type Price, priceSource } from './price-source.ts';
import { sourceKind } from './source-kind.ts';

const ASSETS = z.object({
  data: z.array(z.object({ id: z.string(), priceUsd: z.string().nullish() })),
  timestamp: z.string().nullish(),
});

/**
 * Prices from CoinCap, version 3: `GET /assets?ids=…&limit=…`, 2,000 assets at most, with a key, which every plan has, as
 * `Authorization: Bearer`. Without one that it knows it answers 401, past the plan's credits 429. The answer has one time
 * for all: when it was made, in ms.
 * @see https://pro.coincap.io/api-docs
 * @see https://coincapapi.mintlify.app/api-reference/codes-and-Error-Responses
 */
export const coincap = sourceKind({
  type: 'coincap',
  every: '30m',
  options: z.strictObject({
    coins: coinIds('coincap'),
    url: webUrl().default('https://rest.coincap.io/v3'),
    key: z.string({ message: 'is needed; name the environment variable that holds it as the value' }).min(1),
  }),
  open: ({ coins, url, key }, context) => [
    priceSource(context, coins, async (ids, signal) => {
      const query = `ids=${ids.map(encodeURIComponent).join(',')}&limit=${ids.length}`;
      const headers = { authorization: `Bearer ${key}` };
      const { data, timestamp } = await fetchShape(
        { url: `${url}/assets?${query}`, headers, signal },
        ASSETS,
      );
      const observedAt = timestamp == null ? Date.now() : Number(timestamp);
      return new Map(
        data.flatMap(({ id, priceUsd }): [string, Price][] =>
          priceUsd == null ? [] : [[id, { value: priceUsd, observedAt }]],
        ),
      );
    }),
  ],
});
