import type { ScoreDocument } from '../../schema/log-entry.ts';
import { builder } from './builder.ts';
import { Observation, Prediction } from './refs.ts';

const Score = builder.objectRef<ScoreDocument>('Score').implement({
  description:
    'What the server made of a prediction when its target came. Definitions are in docs/scoring.md.',
  fields: (t) => ({
    target: t.expose('target', { type: Observation, description: 'The observation it was about.' }),
    absoluteError: t.expose('absoluteError', {
      type: 'Decimal',
      description: 'How far it was from the target, exactly.',
    }),
    naiveError: t.expose('naiveError', {
      type: 'Decimal',
      description: 'How far the naive forecast was, which repeats the base.',
    }),
    scaledError: t.exposeFloat('scaledError', {
      description: 'The absolute error over the mean naive error of the 100 observations before the target.',
    }),
    crps: t.exposeFloat('crps', {
      nullable: true,
      description: 'Continuous ranked probability score by its quantiles; null if it has none.',
    }),
    scoredAt: t.expose('scoredAt', { type: 'DateTime', description: 'When it was scored, at last.' }),
  }),
});

builder.objectField(Prediction, 'score', (t) =>
  t.field({
    type: Score,
    nullable: true,
    description: 'What became of it; null until the target is in, and again if that is retracted.',
    resolve: ({ id }, _args, { scores }) => scores.load(id),
  }),
);
