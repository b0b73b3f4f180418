import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningGateway, runGateway } from '../../gateway/testing/running-gateway.ts';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { Samples } from '../gateway-top/samples.ts';
import type { MetricsAccess } from './endpoint.ts';
import { Metrics } from './metrics.ts';

describe('/metrics', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  async function serve(access: Partial<MetricsAccess> = {}) {
    const metrics = new Metrics();
    const running: RunningGateway = await runGateway({}, { meters: metrics.meters });
    metrics.watchGateway(running.gateway);
    const endpoint = metrics.endpoint({ read: 'loopback', token: null, ...access }, () => undefined);
    const server = createServer((request, response) => {
      metrics.onRequest(request, response);
      if (!endpoint(request, response)) response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stops.push(
      () => running.stop(),
      async () => server.close().closeAllConnections(),
    );
    const read = async () => new Samples(await (await fetch(`${url}/metrics`)).text(), performance.now());
    return { metrics, running, url, read };
  }

  it('tells what the gateway does, as it is now', async () => {
    const { running, metrics, read, url } = await serve();
    const client = await new TestClient(running.url).ready({ accessToken: 'alice' });
    client.subscribe('1', 'subscription { observations(ready: true) { type } }');
    client.subscribe('2', 'subscription { observations(after: "x") { type } }');
    await client.until(() => client.of('1').length === 1 && client.of('2').length === 1);
    await expect.poll(() => running.gateway.stats().live).toBe(1);
    const entry = running.log.put(running.log.stream(1, { name: 'secret-name' }), 1, '1');
    metrics.onCommit('main', [entry]);
    running.broker.publish('main', [entry]);
    await client.until(() => client.of('1').length === 2);
    await fetch(`${url}/${'some/path?of=clients'}`);
    const now = await read();
    expect(now.by('presage_gateway_connections', 'transport')).toEqual({
      ...{ 'graphql-transport-ws': 1, 'graphql-sse': 0, eventsource: 0 },
    });
    expect(now.by('presage_gateway_subscriptions', 'state')).toEqual({
      live: 1,
      lagging: 0,
      'catching-up': 0,
    });
    expect(now.sum('presage_gateway_cohorts')).toBe(1);
    expect(now.sum('presage_gateway_deliveries_total')).toBe(1);
    expect(now.sum('presage_gateway_frames_total')).toBe(2);
    expect(now.sum('presage_gateway_match_seconds_count')).toBe(1);
    expect(now.sum('presage_gateway_delivery_delay_seconds_count')).toBe(1);
    expect(now.sum('presage_gateway_refusals_total', { reason: 'bad-cursor' })).toBe(1);
    expect(now.sum('presage_log_entries_total', { topic: 'observation', type: 'CREATE' })).toBe(1);
    expect(now.sum('presage_http_request_seconds_count', { route: 'other', status: '404' })).toBe(1);
    for (const name of ['heals_total', 'catch_up_pages_total', 'lagged_total', 'bytes_buffered']) {
      expect(now.sum(`presage_gateway_${name}`)).not.toBeNull();
    }
    expect(now.sum('nodejs_eventloop_lag_p99_seconds')).not.toBeNull();
    expect(now.sum('presage_redis_up')).toBeNull();
    metrics.watchRedis(() => false);
    expect((await read()).sum('presage_redis_up')).toBe(0);
    await client.stop();
  });

  it('names no tenant, peer, stream or address', async () => {
    const { running, metrics, url } = await serve();
    const client = await new TestClient(running.url).ready({ accessToken: 'alice@tenant-7' });
    const entry = running.log.put(running.log.stream(1, { name: 'secret-name' }), 1, '1');
    metrics.onCommit('tenant-7', [entry]);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).not.toMatch(/tenant-7|alice|secret-name|127\.0\.0\.1/);
    await client.stop();
  });

  it.each([
    [{}, {}, 200],
    [{}, { 'x-forwarded-for': '9.9.9.9' }, 403],
    [{}, { forwarded: 'for=9.9.9.9' }, 403],
    [{ read: 'none' }, {}, 403],
    [{ read: 'none', token: 'sesame' }, { authorization: 'Bearer sesame' }, 200],
    [{ read: 'none', token: 'sesame' }, { authorization: 'Bearer sesam' }, 403],
    [{ read: 'all' }, { 'x-forwarded-for': '9.9.9.9' }, 200],
  ] as const)('with %j lets %j read by %i', async (access, headers, status) => {
    const { url } = await serve(access);
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(status);
  });
});
