import { z } from 'zod';

/** A coin as each API names it. */
interface Coin {
  readonly coingecko: string;
  readonly coinpaprika: string;
  readonly coincap: string;
  readonly kraken: string;
}

type Api = keyof Coin;

const coin = (coingecko: string, coinpaprika: string, coincap: string, kraken: string): Coin => ({
  ...{ coingecko, coinpaprika, coincap, kraken },
});

/** The coins that are quoted where none are listed, by their symbol. */
const COINS: Readonly<Record<string, Coin>> = {
  BTC: coin('bitcoin', 'btc-bitcoin', 'bitcoin', 'XBT'),
  ETH: coin('ethereum', 'eth-ethereum', 'ethereum', 'ETH'),
  XRP: coin('ripple', 'xrp-xrp', 'xrp', 'XRP'),
  SOL: coin('solana', 'sol-solana', 'solana', 'SOL'),
  DOGE: coin('dogecoin', 'doge-dogecoin', 'dogecoin', 'XDG'),
  ADA: coin('cardano', 'ada-cardano', 'cardano', 'ADA'),
  TRX: coin('tron', 'trx-tron', 'tron', 'TRX'),
  AVAX: coin('avalanche-2', 'avax-avalanche', 'avalanche', 'AVAX'),
  LINK: coin('chainlink', 'link-chainlink', 'chainlink', 'LINK'),
  DOT: coin('polkadot', 'dot-polkadot', 'polkadot', 'DOT'),
  LTC: coin('litecoin', 'ltc-litecoin', 'litecoin', 'LTC'),
  BCH: coin('bitcoin-cash', 'bch-bitcoin-cash', 'bitcoin-cash', 'BCH'),
  XLM: coin('stellar', 'xlm-stellar', 'stellar', 'XLM'),
  UNI: coin('uniswap', 'uni-uniswap', 'uniswap', 'UNI'),
  ATOM: coin('cosmos', 'atom-cosmos', 'cosmos', 'ATOM'),
  ETC: coin('ethereum-classic', 'etc-ethereum-classic', 'ethereum-classic', 'ETC'),
  NEAR: coin('near', 'near-near-protocol', 'near-protocol', 'NEAR'),
  AAVE: coin('aave', 'aave-new', 'aave', 'AAVE'),
  ALGO: coin('algorand', 'algo-algorand', 'algorand', 'ALGO'),
  FIL: coin('filecoin', 'fil-filecoin', 'filecoin', 'FIL'),
  ICP: coin('internet-computer', 'icp-internet-computer', 'internet-computer', 'ICP'),
  HBAR: coin('hedera-hashgraph', 'hbar-hedera-hashgraph', 'hedera-hashgraph', 'HBAR'),
  SUI: coin('sui', 'sui-sui', 'sui', 'SUI'),
  APT: coin('aptos', 'apt-aptos', 'aptos', 'APT'),
  XTZ: coin('tezos', 'xtz-tezos', 'tezos', 'XTZ'),
};

const SYMBOL = z
  .string()
  .regex(/^[A-Za-z0-9]{1,20}$/, 'must be a symbol such as BTC')
  .transform((symbol) => symbol.toUpperCase());

/**
 * The option `coins`: symbols, or `{ coin: PEPE, id: pepe }` for one that isn't among the 25 or has another id at the API.
 * Gives the API's id by symbol.
 */
export function coinIds(api: Api) {
  const listed = z.union([SYMBOL, z.strictObject({ coin: SYMBOL, id: z.string().min(1).max(100) })]);
  return z
    .array(listed)
    .min(1)
    .max(500)
    .default(Object.keys(COINS))
    .transform((coins, context) => {
      const ids = new Map<string, string>();
      for (const given of coins) {
        const symbol = typeof given === 'string' ? given : given.coin;
        const id = typeof given === 'string' ? COINS[symbol]?.[api] : given.id;
        if (id !== undefined) ids.set(symbol, id);
        else
          context.addIssue({
            code: 'custom',
            message: `${symbol} is not known here; write { coin: ${symbol}, id: its id at ${api} }`,
          });
      }
      return ids;
    });
}
