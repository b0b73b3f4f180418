import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ServedApi, serveApi } from './testing/serve.ts';

const DAY_MS = 86_400_000;
let api: ServedApi;
beforeAll(async () => {
  api = await serveApi();
});
afterAll(() => api.close());

describe('gaps', () => {
  async function stretchOf(args: string): Promise<{ from: number; to: number }> {
    const gaps = vi.spyOn(api.domain.lineage, 'gaps').mockResolvedValueOnce([]);
    expect(await api.query(`{ gaps${args} { durationMs } }`)).toEqual({ data: { gaps: [] } });
    const stretch = gaps.mock.lastCall?.[1].stretch;
    if (!stretch) throw new Error('the domain was not asked');
    return stretch;
  }

  it('are those of the last day, if nothing else is asked for', async () => {
    const before = Date.now();
    const { from, to } = await stretchOf('');
    expect(to).toBeGreaterThanOrEqual(before);
    expect(to).toBeLessThanOrEqual(Date.now());
    expect(from).toBe(to - DAY_MS);
  });

  it('are those of the day before the end that is given, and of the stretch where both ends are', async () => {
    const to = Date.UTC(2026, 0, 31);
    expect(await stretchOf('(to: "2026-01-31T00:00:00Z")')).toEqual({ from: to - DAY_MS, to });
    const both = await stretchOf('(from: "2026-01-01T00:00:00Z", to: "2026-01-31T00:00:00Z")');
    expect(both).toEqual({ from: Date.UTC(2026, 0, 1), to });
  });
});
