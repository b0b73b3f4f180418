import { z } from 'zod';
import { fetchShape } from '../http/fetch-json.ts';
import { cadenceOf } from '../schedule.ts';
import type { Sample } from '../source.ts';
import { webUrl } from './option-types.ts';
import { sourceKind } from './source-kind.ts';

/** By market, such as `btcusdt`. `at` is when the ticker was made, in seconds. */
const TICKERS = z.record(
  z.string(),
  z.object({ at: z.string().nullish(), ticker: z.object({ last: z.string().nullish() }) }),
);

/**
 * The markets of SafeTrade, a Peatio exchange: `GET /peatio/public/markets/tickers`, one request for all. Every market
 * against `quote` is a stream `safetrade_<coin>`, whichever there are; `coins` keeps some of them only. A market that was
 * never traded has a price of 0, which is none.
 * @see https://github.com/openware/peatio/blob/master/docs/api/peatio_user_api_v2.md
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
          const tickers = await fetchShape({ url: `${url}/peatio/public/markets/tickers`, signal }, TICKERS);
          const now = Date.now();
          return Object.entries(tickers).flatMap(([market, { at, ticker }]): Sample[] => {
            const coin = market.toLowerCase().endsWith(suffix)
              ? market.toLowerCase().slice(0, -suffix.length)
              : '';
            const isWanted = coin !== '' && (wanted === undefined || wanted.has(coin));
            if (!isWanted || ticker.last == null || /^[0.]*$/.test(ticker.last)) return [];
            const described = stream(coin);
            const observedAt = at == null ? now : Number(at) * 1_000;
            return [{ stream: described.name, value: ticker.last, observedAt, described }];
          });
        },
      },
    ];
  },
});
