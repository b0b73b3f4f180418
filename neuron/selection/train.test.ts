import { afterEach, expect, it, vi } from 'vitest';
import type { AdapterName } from '../adapters/adapter.ts';
import { ar } from '../adapters/ar.ts';
import { xgboost } from '../adapters/xgboost.ts';
import { daily, hourly } from '../testing/test-series.ts';
import { LIGHT, OPTIONS } from '../testing/train-options.ts';
import { parseSavedModel } from './saved-model.ts';
import { train } from './train.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('keeps what there is until there are rows enough', async () => {
  expect(await train(hourly(daily(10, 1)), OPTIONS, null)).toMatchObject({ decision: 'keep', model: null });
  const { model } = await train(hourly(daily(200, 1)), OPTIONS, null);
  const again = await train(hourly(daily(210, 1)), OPTIONS, model);
  expect(again).toMatchObject({ decision: 'keep', model });
  expect(again.reason).toContain('10 rows since the last fit are too few');
});

it('says what was fitted to which rows, how well it did, and can be stored', async () => {
  const series = hourly(daily(200, 1));
  const { decision, model, report } = await train(series, OPTIONS, null);
  expect(decision).toBe('replace');
  expect(parseSavedModel(JSON.parse(JSON.stringify(model)))).toEqual(model);
  expect(model).toMatchObject({
    rows: 200,
    from: series.times[0],
    through: series.times[199],
    generation: 1,
  });
  const found = report.adapters.find(({ adapter }) => adapter === 'ar');
  expect(found?.mae).toBeLessThan(found?.naiveMae ?? 0);
  expect(model?.members.map(({ adapter }) => adapter)).not.toContain('ensemble');
  expect(parseSavedModel({ format: 0 })).toHaveProperty('problem');
  expect(parseSavedModel({ ...model, members: 'none' })).toHaveProperty('problem');
});

it('gives the same model for the same', async () => {
  const [one, two] = [1, 2].map(() => train(hourly(daily(150, 1)), OPTIONS, null));
  const fitted = async (training: typeof one) =>
    (await training)?.model?.members.map((member) => member.fitted);
  expect(await fitted(one)).toEqual(await fitted(two));
});

it('compares pilot and stable on the rows since the last fit, and replaces only by what is better', async () => {
  const adapters: AdapterName[] = ['naive', 'theta', 'ensemble'];
  const { model } = await train(hourly(daily(300, 1)), { ...OPTIONS, adapters }, null);
  // The same adapters again: the pilot is the stable, and no better.
  const same = await train(hourly(daily(330, 1)), { ...OPTIONS, adapters }, model);
  expect(same).toMatchObject({ decision: 'refresh', report: { fresh: { rows: 30 } } });
  expect(same.report.fresh?.pilotMae).toBe(same.report.fresh?.stableMae);
  expect(same.model).toMatchObject({ rows: 330, generation: 2 });
  // With one that is much better.
  const more = await train(
    hourly(daily(330, 1)),
    { ...OPTIONS, adapters: [...adapters, 'ets', 'ar'] },
    model,
  );
  expect(more.decision).toBe('replace');
  expect(more.report.fresh?.pilotMae).toBeLessThan(more.report.fresh?.stableMae ?? 0);
});

it('selects from everything anew when it is reopened, however few rows are fresh', async () => {
  const { model } = await train(hourly(daily(300, 1)), OPTIONS, null);
  const rows = (saved: typeof model) => saved?.errors.naive?.length;
  expect(rows(model)).toBe(100);
  // Kept without being asked to reopen; with it, what the stable knew is not taken over: all rows are walked again.
  expect(await train(hourly(daily(306, 1)), OPTIONS, model)).toMatchObject({ decision: 'keep' });
  const anew = await train(hourly(daily(306, 1)), { ...OPTIONS, reopen: true }, model);
  expect(anew).toMatchObject({ decision: 'replace', reason: expect.stringContaining('selected anew') });
  expect(anew.model).toMatchObject({ rows: 306, generation: 2 });
  expect(rows(anew.model)).toBe(102);
  expect(rows((await train(hourly(daily(330, 1)), OPTIONS, model)).model)).toBe(130);
});

it('keeps the stable where selecting anew gave nothing better on the fresh rows', async () => {
  const { model } = await train(hourly(daily(300, 1)), OPTIONS, null);
  const options = { ...OPTIONS, adapters: ['naive', 'ensemble'] as const, reopen: true };
  const again = await train(hourly(daily(330, 1)), options, model);
  expect(again).toMatchObject({ decision: 'keep', model });
  expect(again.reason).toContain('selecting anew gave nothing better on the 30 rows');
});

it('searches hyperparameters of XGBoost, and takes them back where they are no better', async () => {
  const options = { ...OPTIONS, adapters: ['naive', 'xgboost', 'ensemble'] as const };
  const first = await train(hourly(daily(260, 2)), options, null);
  const second = await train(hourly(daily(300, 2)), options, first.model);
  const chosen = [first, second].map(({ model }) =>
    model?.members.find(({ adapter }) => adapter === 'xgboost'),
  );
  const [before, after] = chosen.map((member) => member?.hyperparameters);
  expect(before).toHaveProperty('eta');
  if (second.decision === 'refresh') expect(after).toEqual(before);
  else expect(after).not.toEqual(before);
});

it('searches no longer than half of its time', async () => {
  const options = { ...OPTIONS, adapters: ['naive', 'xgboost'] as const, budgetMs: 1_000 };
  const mutate = vi.spyOn(xgboost, 'mutate');
  const clock = vi.spyOn(performance, 'now');
  const tried = async (walkMs: number) => {
    let now = 0;
    clock.mockImplementation(() => now);
    // What comes before the search is as slow as that.
    const fitted = xgboost.fit.bind(xgboost);
    const slow = vi.spyOn(xgboost, 'fit').mockImplementation((...given) => {
      now = walkMs;
      return fitted(...given);
    });
    mutate.mockClear();
    const { model } = await train(hourly(daily(120, 1)), options, null);
    slow.mockRestore();
    expect(model?.members).toHaveLength(2);
    return mutate.mock.calls.length;
  };
  expect([await tried(500), await tried(501)]).toEqual([1, 0]);
});

it('leaves an adapter that fails alone for a while, with the reason, longer each time', async () => {
  const broken = vi.spyOn(ar, 'fit').mockImplementation(() => {
    throw new Error('out of luck');
  });
  let { model } = await train(hourly(daily(200, 1)), OPTIONS, null);
  expect(model?.skipped).toEqual([{ adapter: 'ar', reason: 'out of luck', failures: 1, sitOut: 1 }]);
  expect(model?.members.map(({ adapter }) => adapter)).not.toContain('ar');
  const skippedAfter = async (rows: number) => {
    ({ model } = await train(hourly(daily(rows, 1)), OPTIONS, model));
    return model?.skipped.map(({ failures, sitOut }) => ({ failures, sitOut }));
  };
  const calls = broken.mock.calls.length;
  expect(await skippedAfter(230)).toEqual([{ failures: 1, sitOut: 0 }]);
  expect(broken.mock.calls.length).toBe(calls);
  expect(await skippedAfter(260)).toEqual([{ failures: 2, sitOut: 2 }]);
  broken.mockRestore();
  expect(await skippedAfter(290)).toEqual([{ failures: 2, sitOut: 1 }]);
  expect(await skippedAfter(320)).toEqual([{ failures: 2, sitOut: 0 }]);
  expect(await skippedAfter(350)).toEqual([]);
  expect(model?.members.map(({ adapter }) => adapter)).toContain('ar');
});

it('makes do with lighter adapters where memory or rows are short', async () => {
  const options = { ...OPTIONS, adapters: [...LIGHT, 'xgboost'] as const };
  const names = async (rows: number, memoryBytes: number) => {
    const { model } = await train(
      hourly(daily(rows, 1)),
      { ...options, resources: { memoryBytes, cores: 1 } },
      null,
    );
    return model?.members.map(({ adapter }) => adapter) ?? [];
  };
  expect(await names(120, 64e6)).not.toContain('xgboost');
  expect(await names(120, 8e6)).not.toContain('ar');
  expect(await names(30, 1e9)).not.toContain('xgboost');
  expect(await names(120, 1e9)).toContain('xgboost');
});
