import type {
  GapDocument,
  InstanceDocument,
  InstanceName as InstanceNameShape,
  LineageDocument,
  MigrationDocument,
  SessionDocument,
  SessionStreamDocument,
  StreamName as StreamNameShape,
} from '../../schema/log-entry.ts';
import { builder } from './builder.ts';

export const StreamName = builder.objectRef<StreamNameShape>('StreamName').implement({
  description: 'A stream, named.',
  fields: (t) => ({
    uuid: t.exposeID('uuid', { description: 'Its uuid.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
  }),
});

export const InstanceName = builder.objectRef<InstanceNameShape>('InstanceName').implement({
  description: 'A server instance, named.',
  fields: (t) => ({
    number: t.exposeInt('id', {
      description: 'Its number: another instance may get its name once it is retired.',
    }),
    name: t.exposeString('name', { description: 'Its name.' }),
  }),
});

export const SessionStatus = builder.enumType('SessionStatus', {
  description: 'How a collection session is.',
  values: {
    ACTIVE: { description: 'It goes on.' },
    COMPLETED: { description: 'It was ended in order.' },
    TERMINATED: { description: 'It was ended from outside, as when its instance was retired.' },
    FAILED: { description: 'Its heartbeat stopped, and that is when it ended.' },
  },
});

export const GapKind = builder.enumType('GapKind', {
  description: 'What is missing.',
  values: {
    COVERAGE: { description: 'Nobody was collecting the stream.' },
    DATA: { description: "Observations lie further apart than the stream's cadence allows." },
  },
});

export const HandoffStrategy = builder.enumType('HandoffStrategy', {
  description: 'How streams go from one instance to another.',
  values: {
    BLUE_GREEN: { description: 'All at once, the target collecting before the source stops.' },
    ROLLING: { description: 'One after the other, each in that way.' },
    MAINTENANCE: { description: 'The source stops first: for a stated time nobody may be collecting.' },
  },
});

const MigrationType = builder.enumType('MigrationType', {
  description: 'What a step of a handoff is for.',
  values: {
    PREPARATION: { description: 'Finding out whether it can be done.' },
    HANDOFF: { description: 'Starting the target, or stopping the source.' },
    VALIDATION: { description: 'Finding out whether it was done.' },
    ROLLBACK: { description: 'Undoing it: the source collects again.' },
  },
});

const MigrationStatus = builder.enumType('MigrationStatus', {
  description: 'How a step of a handoff is.',
  values: {
    STARTED: { description: 'Under way.' },
    COMPLETED: { description: 'Done.' },
    FAILED: { description: 'Not to be done: the handoff is undone.' },
  },
});

const ServerInstance = builder.objectRef<InstanceDocument>('ServerInstance').implement({
  description: 'A program that collects.',
  fields: (t) => ({
    number: t.exposeInt('id', { description: 'Its number.' }),
    name: t.exposeString('name', { description: 'Unique among those that are not retired.' }),
    version: t.exposeString('version', { description: 'The version that it runs.' }),
    environment: t.exposeString('environment', { description: 'Such as production.' }),
    standby: t.exposeBoolean('standby', { description: 'Whether it collects only what it is told to.' }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime', description: 'When it was first heard of.' }),
    retiredAt: t.expose('retiredAt', {
      ...{ type: 'DateTime', nullable: true },
      description: 'When it was retired, which freed its name, host and port; null if it is not.',
    }),
  }),
});

export { ServerInstance };

const SessionStream = builder.objectRef<SessionStreamDocument>('SessionStream').implement({
  description: 'A stream within a session.',
  fields: (t) => ({
    uuid: t.exposeID('uuid', { description: "The stream's uuid." }),
    name: t.exposeString('name', { description: "The stream's name." }),
    symbol: t.exposeString('symbol', { nullable: true, description: 'What the source calls it.' }),
    kinds: t.exposeStringList('kinds', { description: 'What is collected of it, or by what.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Since when.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when; null: it goes on.',
    }),
  }),
});

const CollectionSession = builder.objectRef<SessionDocument>('CollectionSession').implement({
  description: 'An instance collecting. Counts are as of the event that shows them.',
  fields: (t) => ({
    number: t.exposeInt('id', { description: 'Its number.' }),
    instance: t.expose('instance', { type: InstanceName, description: 'Who collects.' }),
    source: t.exposeString('source', { description: 'What it collects from.' }),
    status: t.expose('status', { type: SessionStatus, description: 'How it is.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Since when.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when; null: it goes on.',
    }),
    messages: t.exposeFloat('messages', { description: 'Observations so far.' }),
    bytes: t.exposeFloat('bytes', { description: 'Their size so far.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it ended.' }),
    streams: t.expose('streams', {
      type: [SessionStream],
      description: 'What it collects, and has collected.',
    }),
  }),
});

const Gap = builder.objectRef<GapDocument>('LineageGap').implement({
  description: 'A gap that was announced.',
  fields: (t) => ({
    number: t.exposeInt('id', { description: 'Its number.' }),
    kind: t.expose('of', { type: GapKind, description: 'What is missing.' }),
    stream: t.expose('stream', { type: StreamName, description: 'Of which stream.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Since when.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when; null: it lasts.',
    }),
  }),
});

export const MigrationEvent = builder.objectRef<MigrationDocument>('MigrationEvent').implement({
  description: 'A step of a handoff.',
  fields: (t) => ({
    number: t.exposeInt('id', { description: 'Its number: steps are taken in this order.' }),
    handoffId: t.exposeID('handoffId', { description: 'The handoff that it is of.' }),
    type: t.expose('type', { type: MigrationType, description: 'What it is for.' }),
    step: t.exposeString('step', {
      description: "The state of the handoff's state machine: docs/handoff.md.",
    }),
    status: t.expose('status', { type: MigrationStatus, description: 'How it is.' }),
    source: t.expose('source', { type: InstanceName, description: 'Who hands over.' }),
    target: t.expose('target', { type: InstanceName, description: 'Who takes over.' }),
    strategy: t.expose('strategy', { type: HandoffStrategy, description: 'In which way.' }),
    streams: t.expose('streams', { type: [StreamName], description: 'What it is about.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Since when.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when; null: it goes on.',
    }),
    validation: t.field({
      ...{ type: 'JSON', nullable: true },
      description: 'What a validation found.',
      resolve: ({ validation }) => validation,
    }),
    notes: t.exposeString('notes', { nullable: true, description: 'How it ended.' }),
  }),
});

const TYPES = {
  instance: 'ServerInstance',
  session: 'CollectionSession',
  gap: 'LineageGap',
  migration: 'MigrationEvent',
} as const;

export const LineageRecord = builder.unionType('LineageRecord', {
  description: 'What an event of the lineage is about.',
  types: [ServerInstance, CollectionSession, Gap, MigrationEvent],
  resolveType: (record: LineageDocument) => TYPES[record.kind],
});
