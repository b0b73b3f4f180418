import { expect, it } from 'vitest';
import { Samples } from './samples.ts';
import { screen } from './screen.ts';
import { summarise } from './summary.ts';

const text = (frames: number, within: readonly number[]) => `# HELP presage_gateway_frames_total Frames.
presage_gateway_frames_total ${frames}
presage_gateway_connections{transport="graphql-sse"} 2
presage_gateway_connections{transport="a \\"b\\""} 1
presage_gateway_refusals_total{reason="idle"} 3
presage_gateway_refusals_total{reason="stalled"} 0
presage_gateway_match_seconds_bucket{le="0.001"} ${within[0]}
presage_gateway_match_seconds_bucket{le="0.01"} ${within[1]}
presage_gateway_match_seconds_bucket{le="+Inf"} ${within[2]}
presage_redis_up 0
`;

it('makes rates and quantiles of two readings', () => {
  const before = new Samples(text(100, [10, 10, 10]), 1_000);
  const summary = summarise(new Samples(text(350, [60, 109, 110]), 3_000), before);
  expect(summary.perSecond.frames).toBe(125);
  expect(summary.matchSeconds.p50).toBeCloseTo(0.001, 9);
  expect(summary.matchSeconds.p99).toBeCloseTo(0.01, 9);
  expect(summary.connections).toEqual({ 'graphql-sse': 2, 'a "b"': 1 });
  expect(summary.refusals).toEqual({ idle: 3 });
  expect(summary.redisUp).toBe(false);
  expect(screen('http://x', summary)).toMatch(/frames 125\/s[\s\S]*p50 1\.0 ms[\s\S]*GONE/);
});

it('says the last bound of a quantile that is past all of them', () => {
  const summary = summarise(new Samples(text(1, [1, 2, 100]), 1), null);
  expect(summary.matchSeconds).toEqual({ p50: 0.01, p99: 0.01 });
});

it('has no rates of one reading, nor negative ones of a server that was started again', () => {
  const first = summarise(new Samples(text(100, [0, 0, 0]), 1), null);
  expect(first.perSecond.frames).toBeNull();
  expect(first.matchSeconds).toEqual({ p50: null, p99: null });
  expect(screen('http://x', first)).toContain('–');
  const again = summarise(new Samples(text(5, [1, 1, 1]), 2), new Samples(text(100, [9, 9, 9]), 1));
  expect(again.perSecond.frames).toBe(0);
});
