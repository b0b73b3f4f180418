import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AdapterName } from '../adapters/adapter.ts';
import { ar } from '../adapters/ar.ts';
import { xgboost } from '../adapters/xgboost.ts';
import { SILENT } from '../testing/test-neuron.ts';
import { contextOf, daily, hourly, randomWalk } from '../testing/test-series.ts';
import { type BacktestOptions, backtest, scoreOf } from './backtest.ts';
import { hasDrifted } from './drift.ts';
import { LiveScores } from './live-scores.ts';
import { OnlineModel } from './online-model.ts';
import { parseSavedModel } from './saved-model.ts';
import { train } from './train.ts';
import { firstRows, walk } from './walk.ts';

const LIGHT: readonly AdapterName[] = ['naive', 'seasonal-naive', 'theta', 'ets', 'ar', 'ensemble'];
const OPTIONS = {
  adapters: LIGHT,
  resources: { memoryBytes: 1e9, cores: 1 },
  seed: 1,
  budgetMs: 60_000,
  levels: [0.1, 0.9],
  historyRows: 5_000,
  logger: SILENT,
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('training', () => {
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
});

describe('the online model', () => {
  it('is a function of the saved model and the rows, however they come', async () => {
    const series = hourly(daily(260, 1));
    const { model } = await train(firstRows(series, 220), OPTIONS, null);
    const grown = OnlineModel.of(firstRows(series, 230), model, OPTIONS);
    for (let row = 230; row < 260; row += 1) {
      grown.predict(1);
      grown.observe(series.times[row] ?? 0, series.values[row] ?? 0);
    }
    const anew = OnlineModel.of(series, JSON.parse(JSON.stringify(model)), OPTIONS);
    expect(grown.predict(1)).toEqual(anew.predict(1));
    expect(grown.standing()).toEqual(anew.standing());
    expect(grown.standing()).toMatchObject({ adapter: 'ensemble', rowsSinceFit: 40, drifted: false });
  });

  it('says what naive says when the server scores it worse than naive', async () => {
    const series = hourly(daily(260, 1));
    const { model } = await train(series, OPTIONS, null);
    const online = OnlineModel.of(series, model, OPTIONS);
    expect(online.predict(1)?.adapter).toBe('ensemble');
    const score = (n: number) => ({ absoluteError: 3 + (n % 2), naiveAbsoluteError: 1 });
    online.observeScores(Array.from({ length: 12 }, (_, n) => score(n)));
    expect(online.predict(1)).toMatchObject({ adapter: 'naive', forecast: { value: series.values.at(-1) } });
    expect(online.standing().liveSkill).toBe(-2.5);
  });

  it('notices when errors leave the range of the backtest', async () => {
    const series = hourly(daily(300, 1));
    const { model } = await train(series, OPTIONS, null);
    const online = OnlineModel.of(series, model, OPTIONS);
    const after = daily(360, 60, 2);
    for (let row = 300; row < 360; row += 1) {
      expect(online.standing().drifted && row < 324).toBe(false);
      online.observe((series.times[0] ?? 0) + row * 3_600_000, after[row] ?? 0);
    }
    expect(online.standing().drifted).toBe(true);
  });
});

it('trusts live scores until they are significantly worse than naive', () => {
  const even = Array.from({ length: 40 }, (_, n) => ({
    absoluteError: n % 2 === 0 ? 2 : 0,
    naiveAbsoluteError: 1,
  }));
  expect(new LiveScores(even).trust).toBe(1);
  const worse = Array.from({ length: 48 }, () => ({ absoluteError: 2, naiveAbsoluteError: 1 }));
  expect(new LiveScores([...even, ...worse])).toMatchObject({ trust: 0, skill: -1 });
  // What is older than the newest 48 has been forgotten.
  const same = Array.from({ length: 48 }, () => ({ absoluteError: 1, naiveAbsoluteError: 1 }));
  expect(new LiveScores([...worse, ...same]).trust).toBe(1);
});

it('takes no drift for granted before there are rows enough', () => {
  const calm = Array(96).fill(1);
  expect(hasDrifted(Array(23).fill(9), calm)).toBe(false);
  expect(hasDrifted(Array(24).fill(9), calm)).toBe(true);
  expect(hasDrifted(Array(24).fill(1.4), calm)).toBe(false);
});

it('walks without ever showing a model the row it is to forecast', () => {
  const series = hourly(daily(100, 1));
  const seen: number[] = [];
  const spying = {
    ...ar,
    fit: () => ({
      hyperparameters: {},
      predict: (known: { values: readonly number[] }) => {
        seen.push(known.values.length);
        return known.values.at(-1);
      },
      save: () => null,
    }),
  };
  const { errors } = walk(spying, series, 90, contextOf([]));
  expect(seen).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  expect(errors).toEqual(
    Array.from(seen, (row) => (series.values[row - 1] ?? 0) - (series.values[row] ?? 0)),
  );
});

describe('the backtest', () => {
  const options: BacktestOptions = { ...OPTIONS, last: 24, warmup: 12, refit: 12, horizon: 1 };

  it('can not look ahead: scrambling the future changes no earlier forecast', async () => {
    const all: BacktestOptions = { ...options, adapters: [...LIGHT, 'mlp', 'xgboost'] };
    const values = daily(200, 2);
    const known = await backtest(hourly(values), all);
    expect(known.map(({ row }) => row)).toEqual(Array.from({ length: 24 }, (_, row) => 176 + row));
    // The first row that a training leaves out, and one between two trainings.
    for (const cut of [188, 193]) {
      const future = values.map((value, row) => (row < cut ? value : 1_000 - 3 * value * (row % 5)));
      const forecasts = await backtest(hourly(future), all);
      // The forecast of the first scrambled row is still made from the rows before it alone.
      expect(forecasts.filter(({ row }) => row <= cut)).toEqual(known.filter(({ row }) => row <= cut));
      expect(forecasts.at(-1)?.value).not.toBe(known.at(-1)?.value);
    }
  });

  it('forecasts further ahead from rows that are further back', async () => {
    const values = daily(200, 0.5);
    const ahead = await backtest(hourly(values), { ...options, horizon: 3 });
    expect(ahead.map(({ row }) => row)).toEqual(Array.from({ length: 24 }, (_, row) => 176 + row));
    const changed = values.map((value, row) => (row < 196 ? value : value + 500));
    const other = await backtest(hourly(changed), { ...options, horizon: 3 });
    expect(other.filter(({ row }) => row <= 198)).toEqual(ahead.filter(({ row }) => row <= 198));
    expect(scoreOf(hourly(values), ahead, 3).skill).toBeGreaterThan(0.5);
  });

  it('beats naive where there is something to learn, and is naive where there is not', async () => {
    const learnt = scoreOf(hourly(daily(300, 1)), await backtest(hourly(daily(300, 1)), options), 1);
    expect(learnt.skill).toBeGreaterThan(0.5);
    expect(learnt).toMatchObject({ n: 24, adapter: 'ensemble' });
    const walks = await Promise.all(
      [1, 2, 3, 4, 5].map(async (seed) => {
        const series = hourly(randomWalk(300, seed));
        return scoreOf(series, await backtest(series, options), 1).skill ?? 0;
      }),
    );
    expect(walks.toSorted((a, b) => a - b)[2]).toBe(0);
    expect(Math.min(...walks)).toBeGreaterThan(-0.1);
  });

  it('scores by the errors of the forecasts, as anyone would by hand', () => {
    const series = hourly([1, 2, 4, 7, 11]);
    const forecast = (row: number, value: number, low: number, high: number) => ({
      row,
      value,
      low,
      high,
      adapter: 'ar',
    });
    const score = scoreOf(series, [forecast(3, 6, 5, 8), forecast(4, 11, 12, 13)], 1);
    expect(score).toEqual({
      n: 2,
      mae: 0.5,
      naiveMae: 3.5,
      skill: 1 - 0.5 / 3.5,
      mase: 0.5 / 1.5,
      coverage80: 0.5,
      adapter: 'ar',
    });
  });
});
