import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/**
 * Public price APIs as their documentation describes them (it is named in each source's file): paths, parameters that are
 * needed, the key's header, whole answers, and errors in the API's own form. Prices and times are made up.
 */
export interface PublicApi {
  /** What `collectors.yaml` says of it beside `type` and `url`. */
  readonly options: string;
  /** Answers by path below the base URL. */
  readonly routes: Readonly<Record<string, (query: URLSearchParams, request: IncomingMessage) => Answer>>;
}

interface Answer {
  readonly status?: number;
  readonly body: string;
}

export const NOW_SECONDS = Math.floor(Date.now() / 1_000);
const listed = (query: URLSearchParams, name: string): readonly string[] =>
  (query.get(name) ?? '').split(',').filter((item) => item !== '');

const coingecko: PublicApi = {
  options: 'coins: [btc, XTZ, SUI, { coin: PEPE, id: pepe }]',
  routes: {
    '/simple/price': (query) => {
      if (!query.has('vs_currencies')) {
        return { status: 422, body: '{"error":"Missing parameter vs_currencies"}' };
      }
      const prices: Readonly<Record<string, string>> = {
        bitcoin: `{"usd":67187.335803210987654321,"last_updated_at":${NOW_SECONDS}}`,
        tezos: `{"usd":1e-7,"last_updated_at":${NOW_SECONDS - 7_200}}`,
        sui: '{}',
      };
      const found = listed(query, 'ids').flatMap((id) => (prices[id] ? [`"${id}":${prices[id]}`] : []));
      return { body: `{${found.join(',')}}` };
    },
  },
};

const paprikaTicker = (id: string, price: string): string => `{
  "id":"${id}","name":"A coin","symbol":"COIN","rank":1,"total_supply":19883231,"max_supply":21000000,
  "beta_value":0.879448,"first_data_at":"2010-07-17T00:00:00Z","last_updated":"${new Date(NOW_SECONDS * 1_000).toISOString().slice(0, 19)}Z",
  "quotes":{"USD":{"price":${price},"volume_24h":23175936198.924427,"volume_24h_change_24h":-44.15,
    "market_cap":2129051326372,"market_cap_change_24h":1.74,"percent_change_15m":0.04,"percent_change_24h":1.74,
    "ath_price":111936.66,"ath_date":"2025-05-22T18:30:00Z","percent_from_price_ath":-4.33}}}`;

const coinpaprika: PublicApi = {
  options: 'coins: [BTC, ETH]',
  routes: {
    // All active coins there are: it takes no list of ids.
    '/tickers': () => ({
      body: `[${paprikaTicker('btc-bitcoin', '107077.69661924685')},${paprikaTicker('doge-dogecoin', '0.2')}]`,
    }),
  },
};

const coincap: PublicApi = {
  options: 'coins: [BTC, XRP], key: k',
  routes: {
    '/assets': (query, { headers }) => {
      if (headers.authorization !== 'Bearer k') return { status: 401, body: '{"error":"Unauthorized"}' };
      if (Number(query.get('limit')) > 2_000) return { status: 400, body: '{"error":"limit exceeds 2000"}' };
      const asset = (id: string, price: string) =>
        `{"id":"${id}","rank":"1","symbol":"BTC","name":"Bitcoin","supply":"17193925.0000000000000000",
          "maxSupply":"21000000.0000000000000000","marketCapUsd":"119150835874.4699281625807300",
          "volumeUsd24Hr":"2927959461.1750323310959460","priceUsd":${price},"changePercent24Hr":"-0.8101417214350335",
          "vwap24Hr":"7175.0663247679233209","explorer":"https://blockchain.info/","tokens":{}}`;
      const prices: Readonly<Record<string, string>> = { bitcoin: '"6929.8217756835584756"', xrp: 'null' };
      const found = listed(query, 'ids').flatMap((id) => (prices[id] ? [asset(id, prices[id])] : []));
      return { body: `{"data":[${found.join(',')}],"timestamp":${NOW_SECONDS * 1_000 + 278}}` };
    },
  },
};

const krakenTicker = (last: string): string =>
  `{"a":["30300.10000","1","1.000"],"b":["30300.00000","1","1.000"],"c":["${last}","0.00067643"],
    "v":["4083.67001100","4412.73601799"],"p":["30706.77771","30689.13205"],"t":[34619,38907],
    "l":["29868.30000","29868.30000"],"h":["31631.00000","31631.00000"],"o":"30502.80000"}`;
const krakenPair = (wsname: string): string =>
  `{"altname":"PAIR","wsname":"${wsname}","aclass_base":"currency","base":"BASE","aclass_quote":"currency","quote":"ZUSD",
    "lot":"unit","cost_decimals":5,"pair_decimals":1,"lot_decimals":8,"lot_multiplier":1,"leverage_buy":[2,3],
    "leverage_sell":[2,3],"fees":[[0,0.4],[10000,0.35]],"fees_maker":[[0,0.25]],"fee_volume_currency":"ZUSD",
    "margin_call":80,"margin_stop":40,"ordermin":"0.0001","costmin":"0.5","tick_size":"0.1","status":"online"}`;
const KRAKEN_PRICES: Readonly<Record<string, string>> = { XXBTZUSD: '67000.10000', XDGUSD: '0.123456700' };

const kraken: PublicApi = {
  options: 'coins: [BTC, DOGE, ETH]',
  routes: {
    '/AssetPairs': () => ({
      body: `{"error":[],"result":{"XXBTZUSD":${krakenPair('XBT/USD')},"XDGUSD":${krakenPair('XDG/USD')},
        "XXBTZEUR":${krakenPair('XBT/EUR')}}}`,
    }),
    '/Ticker': (query) => {
      const pairs = listed(query, 'pair');
      // One that it doesn't know makes the whole request fail, with status 200.
      if (pairs.some((pair) => !KRAKEN_PRICES[pair]))
        return { body: '{"error":["EQuery:Unknown asset pair"]}' };
      const found = pairs.map((pair) => `"${pair}":${krakenTicker(KRAKEN_PRICES[pair] ?? '')}`);
      return { body: `{"error":[],"result":{${found.join(',')}}}` };
    },
  },
};

const safeTicker = (name: string, last: string): string =>
  `{"name":"${name}","last":${last},"open":"1.28","high":"1.7","low":"1.21","avg_price":"1.49",
    "price_change_percent":"+28.12%","volume":"1912949.46","amount":"1287203.14"}`;

const safetrade: PublicApi = {
  options: 'quote: usdt',
  routes: {
    '/trade/public/tickers': () => ({
      body: `{"satoriusdt":${safeTicker('SATORI/USDT', '"0.3300"')},"qtcusdt":${safeTicker('QTC/USDT', '"0.0"')},
        "satoribtc":${safeTicker('SATORI/BTC', '"0.000004"')},"xmrusdt":${safeTicker('XMR/USDT', '301.25')}}`,
    }),
  },
};

/** By the type of the source. */
export const PUBLIC_APIS = { coingecko, coinpaprika, coincap, kraken, safetrade } as const;

/** Answers as the API does; 404 to what it doesn't have. */
export function answering({ routes }: PublicApi): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const route = routes[pathname.replace(/^\/api/, '')];
    const { status = 200, body } = route?.(searchParams, request) ?? {
      status: 404,
      body: '{"error":"not found"}',
    };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
}
