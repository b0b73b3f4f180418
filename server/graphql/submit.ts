import { encodeNodeId } from '../../schema/node-id.ts';
import type { SubmitReport } from '../domain/prediction/predictions.ts';
import { builder } from './builder.ts';
import { ItemError } from './item-error.ts';

const QuantileInput = builder.inputType('QuantileInput', {
  description: 'A value that the target is below with some probability.',
  fields: (t) => ({
    level: t.float({ required: true, description: 'That probability: between 0 and 1.' }),
    value: t.field({ type: 'Decimal', required: true, description: 'The value.' }),
  }),
});

const PredictionInput = builder.inputType('PredictionInput', {
  description: 'A prediction to submit. Each is judged on its own.',
  fields: (t) => ({
    streamUuid: t.id({ required: true, description: 'Uuid of the stream.' }),
    value: t.field({ type: 'Decimal', required: true, description: 'The predicted value.' }),
    baseHash: t.string({ required: true, description: 'Hash of the observation it was made from.' }),
    horizon: t.int({ defaultValue: 1, description: 'Steps after the base: 1 is the next observation.' }),
    quantiles: t.field({ type: [QuantileInput], description: 'How sure the peer is.' }),
  }),
});

const SubmitPredictionsInput = builder.inputType('SubmitPredictionsInput', {
  description: 'A batch of predictions.',
  fields: (t) => ({
    predictions: t.field({
      type: [PredictionInput],
      required: true,
      description: 'The predictions: 1 to 1,000.',
    }),
  }),
});

const SubmitResult = builder.objectRef<SubmitReport>('SubmitResult').implement({
  description: 'What became of a batch of predictions.',
  fields: (t) => ({
    totalSubmitted: t.int({
      description: 'Items of the batch.',
      resolve: ({ predictions }) => predictions.length,
    }),
    successful: t.exposeInt('successful', { description: 'Items that are new in the log.' }),
    duplicates: t.exposeInt('duplicates', { description: 'Items that were there already, which is fine.' }),
    failed: t.exposeInt('failed', { description: 'Items that were refused.' }),
    predictionIds: t.field({
      type: ['ID'],
      nullable: { list: false, items: true },
      description: 'By index of the item: the id of its prediction, null where it failed.',
      resolve: ({ predictions }) =>
        predictions.map((id) => (id === null ? null : encodeNodeId('Prediction', id))),
    }),
    errors: t.field({
      type: [ItemError],
      description: 'Failures and duplicates, by index of the item.',
      resolve: ({ errors }) => errors,
    }),
  }),
});

builder.mutationField('submitPredictions', (t) =>
  t.field({
    type: SubmitResult,
    description: 'Submits predictions of the caller. Submitting the same again changes nothing.',
    args: { input: t.arg({ type: SubmitPredictionsInput, required: true, description: 'The batch.' }) },
    resolve: (_root, { input }, { domain, actor }) => domain.predictions.submit(actor, input.predictions),
  }),
);
