import { observationId } from '../../schema/node-id.ts';
import type { PublishReport } from '../domain/observation/observations.ts';
import { builder } from './builder.ts';
import { observationRef } from './ids.ts';
import { ItemError } from './item-error.ts';
import { Observation } from './refs.ts';

const ObservationInput = builder.inputType('ObservationInput', {
  description: 'An observation to publish. Each is judged on its own.',
  fields: (t) => ({
    streamUuid: t.id({ description: "The stream's uuid. Give this or the name." }),
    streamName: t.string({ description: "The stream's name. Give this or the uuid." }),
    value: t.field({ type: 'Decimal', required: true, description: 'The value.' }),
    observedAt: t.field({ type: 'DateTime', description: 'When it was observed; now by default.' }),
    provider: t.string({ description: 'Where it came from: at most 200 characters.' }),
  }),
});

const PublishObservationsInput = builder.inputType('PublishObservationsInput', {
  description: 'A batch of observations.',
  fields: (t) => ({
    observations: t.field({
      type: [ObservationInput],
      required: true,
      description: 'The observations: 1 to 10,000.',
    }),
  }),
});

const PublishResult = builder.objectRef<PublishReport>('PublishResult').implement({
  description: 'What became of a batch of observations.',
  fields: (t) => ({
    totalSubmitted: t.int({
      description: 'Items of the batch.',
      resolve: ({ observations }) => observations.length,
    }),
    successful: t.exposeInt('successful', { description: 'Items that are new in the log.' }),
    duplicates: t.exposeInt('duplicates', { description: 'Items that were there already, which is fine.' }),
    failed: t.exposeInt('failed', { description: 'Items that were refused.' }),
    observationIds: t.field({
      type: ['ID'],
      nullable: { list: false, items: true },
      description: 'By index of the item: the id of its observation, null where it failed.',
      resolve: ({ observations }) =>
        observations.map((ref) => ref && observationId(ref.streamServerId, ref.observedAt)),
    }),
    cursor: t.field({
      type: 'Cursor',
      description: 'Place in the log at which everything of this batch is visible.',
      resolve: ({ position }, _args, { domain, viewer }) => domain.log.cursor(viewer.tenant, position),
    }),
    errors: t.field({
      type: [ItemError],
      description: 'Failures and duplicates, by index of the item.',
      resolve: ({ errors }) => errors,
    }),
  }),
});

builder.mutationFields((t) => ({
  publishObservations: t.field({
    type: PublishResult,
    description:
      'Publishes observations on streams of the caller. Publishing the same again changes nothing.',
    args: { input: t.arg({ type: PublishObservationsInput, required: true, description: 'The batch.' }) },
    resolve: (_root, { input }, { domain, actor }) => domain.observations.publish(actor, input.observations),
  }),
  correctObservation: t.field({
    type: Observation,
    description: 'Appends a revision with another value. The same value again changes nothing.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the observation.' }),
      value: t.arg({ type: 'Decimal', required: true, description: 'What it should have been.' }),
    },
    resolve: (_root, { id, value }, { domain, actor }) =>
      domain.observations.correct(actor, observationRef(id), value),
  }),
  retractObservation: t.boolean({
    description: 'Takes an observation back by a tombstone; false if it was taken back already.',
    args: { id: t.arg.id({ required: true, description: 'Id of the observation.' }) },
    resolve: (_root, { id }, { domain, actor }) => domain.observations.retract(actor, observationRef(id)),
  }),
}));
