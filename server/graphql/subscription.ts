import { PresageError } from '../../schema/errors.ts';
import type { Documents, Position, WrittenTopic } from '../../schema/log-entry.ts';
import { builder } from './builder.ts';
import { carried } from './carried.ts';
import { LineageRecord } from './lineage.ts';
import { Consensus, Observation, Prediction } from './refs.ts';
import { LineageWhere, ObservationWhere, StreamWhere } from './where.ts';

/** The source of a subscription's root field. The gateway makes these; its `SubscriptionEvent` has the same shape. */
interface EventOf<T extends WrittenTopic> {
  readonly type: 'READY' | 'SNAPSHOT' | 'CREATE' | 'UPDATE' | 'DELETE';
  readonly tenant: string;
  readonly topic: T;
  readonly position: Position;
  readonly key: string | null;
  readonly timestamp: number;
  readonly document: Documents[T] | null;
}
export type SubscriptionEvent = EventOf<WrittenTopic>;

const EventType = builder.enumType('EventType', {
  description: 'What happened to the set that matches the filter.',
  values: {
    READY: { description: 'The subscription is in place; its cursor is where it starts.' },
    SNAPSHOT: { description: 'Was in the set already.' },
    CREATE: { description: 'Came into the set: it is new, or a correction moved it in.' },
    UPDATE: { description: 'Changed within the set.' },
    DELETE: { description: 'Left the set: it was retracted, or a correction moved it out.' },
  },
});

function documentOf({ document }: SubscriptionEvent): SubscriptionEvent['document'] {
  return document;
}

const Event = builder.interfaceRef<SubscriptionEvent>('Event').implement({
  description: 'What all events have.',
  fields: (t) => ({
    type: t.expose('type', { type: EventType, description: 'What happened.' }),
    cursor: t.field({
      type: 'Cursor',
      description: 'Its place in the log: subscribe `after` it to go on from here.',
      resolve: ({ tenant, position }, _args, { domain }) => domain.log.cursor(tenant, position),
      ...carried(({ position }: SubscriptionEvent, { cursor }) => cursor(position)),
    }),
    id: t.exposeID('key', {
      nullable: true,
      description: 'Global id of what it is about; null for `READY`.',
      ...carried(({ key }: SubscriptionEvent) => key),
    }),
    timestamp: t.expose('timestamp', { type: 'DateTime', description: 'When the server committed it.' }),
  }),
});

const ObservationEvent = builder.objectRef<EventOf<'observation'>>('ObservationEvent').implement({
  description: 'An event of observations.',
  interfaces: [Event],
  fields: (t) => ({
    observation: t.expose('document', {
      type: Observation,
      nullable: true,
      description: 'The observation; null for `READY` and with `includeData: false`.',
      ...carried(documentOf),
    }),
  }),
});

const PredictionEvent = builder.objectRef<EventOf<'prediction'>>('PredictionEvent').implement({
  description: 'An event of predictions.',
  interfaces: [Event],
  fields: (t) => ({
    prediction: t.expose('document', {
      type: Prediction,
      nullable: true,
      description: 'The prediction; null for `READY` and with `includeData: false`.',
      ...carried(documentOf),
    }),
  }),
});

const ConsensusEvent = builder.objectRef<EventOf<'consensus'>>('ConsensusEvent').implement({
  description:
    'An event of the consensus: `CREATE` is the first one for a base, `UPDATE` a newer one for the same base.',
  interfaces: [Event],
  fields: (t) => ({
    consensus: t.expose('document', {
      type: Consensus,
      nullable: true,
      description: 'The consensus; null for `READY`.',
      ...carried(documentOf),
    }),
  }),
});

const LineageEvent = builder.objectRef<EventOf<'lineage'>>('LineageEvent').implement({
  description:
    'An event of the lineage: `DELETE` is an instance that was retired, or a gap that turned out to be none.',
  interfaces: [Event],
  fields: (t) => ({
    lineage: t.expose('document', {
      type: LineageRecord,
      nullable: true,
      description: 'What it is about; null for `READY` and with `includeData: false`.',
    }),
  }),
});

builder.subscriptionFields((t) => {
  const place = () => ({
    after: t.arg({
      type: 'Cursor',
      description: 'First everything since this place in the log; only what is new by default.',
    }),
    ready: t.arg.boolean({
      defaultValue: false,
      description: 'Whether to say, by a `READY` event, where the subscription starts.',
    }),
  });
  const delivery = () => ({
    ...place(),
    includeData: t.arg.boolean({
      defaultValue: true,
      description: 'Whether events carry what they are about, or only its id.',
    }),
  });
  return {
    observations: t.field({
      type: ObservationEvent,
      description: 'Events of the observations that match.',
      args: {
        where: t.arg({ type: ObservationWhere, description: 'Only observations that match.' }),
        snapshot: t.arg.boolean({
          defaultValue: false,
          description: 'Whether to begin with the newest observation of each stream, as `SNAPSHOT` events.',
        }),
        ...delivery(),
      },
      subscribe: (): AsyncIterable<EventOf<'observation'>> => overStreamsOnly(),
      resolve: (event) => event,
      ...carried((event) => event),
    }),
    predictions: t.field({
      type: PredictionEvent,
      description: 'Events of the predictions that match.',
      args: {
        stream: t.arg.id({ description: 'Only about this stream: its uuid or id.' }),
        peer: t.arg.id({ description: 'Only by this peer: its public key or id.' }),
        ...delivery(),
      },
      subscribe: (): AsyncIterable<EventOf<'prediction'>> => overStreamsOnly(),
      resolve: (event) => event,
      ...carried((event) => event),
    }),
    consensus: t.field({
      type: ConsensusEvent,
      description: 'Events of the consensus of the streams that match.',
      args: {
        where: t.arg({ type: StreamWhere, description: 'Only of streams that match.' }),
        snapshot: t.arg.boolean({
          defaultValue: false,
          description: 'Whether to begin with the present consensus of each stream, as `SNAPSHOT` events.',
        }),
        ...place(),
      },
      subscribe: (): AsyncIterable<EventOf<'consensus'>> => overStreamsOnly(),
      resolve: (event) => event,
      ...carried((event) => event),
    }),
    lineage: t.field({
      type: LineageEvent,
      description: 'Events of who collects what: instances, sessions, gaps, steps of handoffs.',
      args: {
        where: t.arg({ type: LineageWhere, description: 'Only records that match.' }),
        snapshot: t.arg.boolean({
          defaultValue: false,
          description:
            'Whether to begin with what is so now (instances, active sessions, gaps that last, steps under way), as `SNAPSHOT` events.',
        }),
        ...delivery(),
      },
      subscribe: (): AsyncIterable<EventOf<'lineage'>> => overStreamsOnly(),
      resolve: (event) => event,
    }),
  };
});

/** The gateway matches, orders and resumes; it runs a subscription's selection on each event by `executeEvent`. */
function overStreamsOnly(): never {
  throw new PresageError(
    'BAD_INPUT',
    'Subscriptions need a stream: connect to this address by ws:// or wss:// with the protocol graphql-transport-ws, or POST to /graphql/stream and take text/event-stream.',
  );
}
