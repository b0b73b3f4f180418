import { back, type MakeMethod } from './method.ts';

/** What was there a season ago; without a season, the last value and the mean change before it. */
export const seasonalNaive: MakeMethod = (season) => ({
  name: 'seasonal naive',
  next: (past) => (season > 1 ? back(past, season) : back(past, 1) + (back(past, 1) - back(past, 25)) / 24),
});

/** The last value and the change that followed a season ago. */
export const seasonalChange: MakeMethod = (season) => ({
  name: 'seasonal change',
  next: (past) => back(past, 1) + (back(past, season) - back(past, season + 1)) * (season > 1 ? 0.8 : 0.1),
});
