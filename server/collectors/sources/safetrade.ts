import { z } from 'zod';
import { fetchShape } from '../http/fetch-json.ts';
import { cadenceOf } from '../schedule.ts';
import type { Sample } from '../source.ts';
import { webUrl } from './option-types.ts';
import { sourceKind } from './source-kind.ts';

/** By market, such as `btcusdt`. It has the day's range and volume, too, and no time. */
const TICKERS = z.record(z.string(), z.object({ last: z.string().nullish() }));

/**
 * The markets of SafeTrade: `GET /trade/public/tickers`, one request for all, without a key. Every market against `quote` is
 * a stream `safetrade_<coin>`, whichever there are; `coins` keeps some of them only. A market that was never traded has a
 * price of 0, which is none. The exchange publishes no reference of its API and no limits; base, paths and the fields of a
 * ticker are those of its own example client. It is behind a proxy that may answer 403 to programs.
 * @see https://github.com/safetrade-exchange/example-client
 */
export const safetrade = sourceKind({
  type: 'safetrade',
  every: '60s',
  options: z.strictObject({
    url: webUrl().default('https://safe.trade/api/v2'),
    quote: z
      .string()
      .regex(/^[A-Za-z0-9]{2,10}$/, 'must be a currency such as usdt')
      .default('usdt'),
    coins: z.array(z.string().min(1).max(20)).min(1).max(1_000).optional(),
  }),
  open: ({ url, quote, coins }, { name, schedule }) => {
    const suffix = quote.toLowerCase();
    const wanted = coins && new Set(coins.map((coin) => coin.toLowerCase()));
    const stream = (coin: string) => ({
      name: `${name}_${coin}`,
      secondary: coin.toUpperCase(),
      description: `Last price of ${coin.toUpperCase()} in ${quote.toUpperCase()} at SafeTrade`,
      tags: ['crypto', 'price', name],
      cadenceSeconds: cadenceOf(schedule),
    });
    return [
      {
        name,
        streams: [...(wanted ?? [])].map(stream),
        sample: async (signal) => {
          const tickers = await fetchShape({ url: `${url}/trade/public/tickers`, signal }, TICKERS);
          const observedAt = Date.now();
          return Object.entries(tickers).flatMap(([market, { last }]): Sample[] => {
            const coin = market.toLowerCase().endsWith(suffix)
              ? market.toLowerCase().slice(0, -suffix.length)
              : '';
            const isWanted = coin !== '' && (wanted === undefined || wanted.has(coin));
            if (!isWanted || last == null || /^[0.]*$/.test(last)) return [];
            const described = stream(coin);
            return [{ stream: described.name, value: last, observedAt, described }];
          });
        },
      },
    ];
  },
});
