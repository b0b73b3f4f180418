import { Samples } from '../../../cli/gateway-top/samples.ts';
import { summarise } from '../../../cli/gateway-top/summary.ts';

/** What a server says of its gateway. */
export async function gatewayMetrics(url: string) {
  const summary = summarise(
    new Samples(await (await fetch(`${url}/metrics`)).text(), performance.now()),
    null,
  );
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  return {
    connections: sum(summary.connections),
    subscriptions: sum(summary.subscriptions),
    lagging: summary.subscriptions.lagging,
    cohorts: summary.cohorts,
  };
}
