import { describe, expect, it } from 'vitest';
import { PartialFailure, RetryLater } from '../source.ts';
import { answering, NOW_SECONDS, PUBLIC_APIS } from '../testing/public-apis.ts';
import { failure, json, SourceBench, sample } from '../testing/source-bench.ts';

const bench = SourceBench.forTests();

/** The source of a type, its API answering as documented. */
function opened(type: keyof typeof PUBLIC_APIS, more = '', environment: Record<string, string> = {}) {
  bench.answer = answering(PUBLIC_APIS[type]);
  return bench.open(`type: ${type}, url: "${bench.url}", ${PUBLIC_APIS[type].options}${more}`, environment);
}

describe('prices, in the shapes of their APIs', () => {
  it('coingecko', async () => {
    const error = await failure(opened('coingecko', `, key: "\${KEY}"`, { KEY: 'secret' }));
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error).toMatchObject({
      message: 'coingecko has no price of XTZ (tezos, stale), SUI (sui), PEPE (pepe).',
      samples: [
        {
          stream: 'coingecko_btc',
          value: '67187.335803210987654321',
          observedAt: NOW_SECONDS * 1_000,
          quoteOf: 'BTC',
        },
      ],
    });
    expect(bench.requests[0]?.url).toBe(
      '/api/simple/price?ids=bitcoin,tezos,sui,pepe&vs_currencies=usd&include_last_updated_at=true&precision=full',
    );
    expect(bench.requests[0]?.headers['x-cg-demo-api-key']).toBe('secret');
    await failure(opened('coingecko', ', key: k, pro: true'));
    expect(bench.requests[1]?.headers['x-cg-pro-api-key']).toBe('k');
    expect(bench.open(`type: coingecko, url: "${bench.url}"`).streams).toHaveLength(25);
  });

  it('coinpaprika', async () => {
    const error = await failure(opened('coinpaprika', ', key: k'));
    expect(error).toMatchObject({
      message: 'coinpaprika has no price of ETH (eth-ethereum).',
      samples: [{ stream: 'coinpaprika_btc', value: '107077.69661924685', observedAt: NOW_SECONDS * 1_000 }],
    });
    expect(bench.requests[0]).toMatchObject({
      url: '/api/tickers?quotes=USD',
      headers: { authorization: 'k' },
    });
  });

  it('coincap, which needs a key', async () => {
    const error = await failure(opened('coincap', ', name: cap'));
    expect(error).toMatchObject({
      message: 'cap has no price of XRP (xrp).',
      samples: [
        {
          ...{ stream: 'cap_btc', value: '6929.8217756835584756', quoteOf: 'BTC' },
          observedAt: NOW_SECONDS * 1_000 + 278,
        },
      ],
    });
    expect(bench.requests[0]?.url).toBe('/api/assets?ids=bitcoin,xrp&limit=2');
    const wrong = bench.open(`type: coincap, url: "${bench.url}", key: other`);
    expect(await failure(wrong)).toMatchObject({ message: expect.stringMatching(/HTTP 401/) });
    expect(() => bench.open(`type: coincap, url: "${bench.url}"`)).toThrow(/sources\[0\]\.key: is needed/);
  });

  it('kraken, whose pairs have names of their own', async () => {
    const source = opened('kraken');
    expect(await failure(source)).toMatchObject({
      message: 'kraken has no price of ETH (ETH).',
      samples: [
        { stream: 'kraken_btc', value: '67000.10000' },
        { stream: 'kraken_doge', value: '0.123456700' },
      ],
    });
    await failure(source);
    expect(bench.requests.map((request) => request.url)).toEqual([
      ...['/api/AssetPairs', '/api/Ticker?pair=XXBTZUSD,XDGUSD', '/api/Ticker?pair=XXBTZUSD,XDGUSD'],
    ]);
    bench.answer = json('{"error":["EGeneral:Too many requests"]}');
    expect(await failure(source)).toBeInstanceOf(RetryLater);
    bench.answer = json('{"error":["EQuery:Unknown asset pair"]}');
    expect(await failure(source)).toMatchObject({ message: 'Kraken says EQuery:Unknown asset pair' });
  });

  it('safetrade, every market of it', async () => {
    const before = Date.now();
    const samples = await sample(opened('safetrade'));
    expect(samples).toMatchObject([
      { stream: 'safetrade_satori', value: '0.3300', described: { secondary: 'SATORI' } },
      { stream: 'safetrade_xmr', value: '301.25' },
    ]);
    // The API says no time: it is when it was asked.
    for (const { observedAt } of samples) expect(observedAt).toBeGreaterThanOrEqual(before);
    expect(bench.requests[0]?.url).toBe('/api/trade/public/tickers');
    const btc = await sample(bench.open(`type: safetrade, url: "${bench.url}", quote: btc, coins: [satori]`));
    expect(btc.map(({ stream }) => stream)).toEqual(['safetrade_satori']);
  });
});
