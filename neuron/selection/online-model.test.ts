import { expect, it } from 'vitest';
import { daily, hourly } from '../testing/test-series.ts';
import { OPTIONS } from '../testing/train-options.ts';
import { OnlineModel } from './online-model.ts';
import { train } from './train.ts';
import { firstRows } from './walk.ts';

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
