import type {
  HandoffDocument,
  HandoffPlan as HandoffPlanShape,
  NewHandoff,
} from '../domain/lineage/handoff/handoffs.ts';
import { builder } from './builder.ts';
import { streamUuid } from './ids.ts';
import { HandoffStrategy, InstanceName, MigrationEvent, StreamName } from './lineage.ts';

const Handoff = builder.objectRef<HandoffDocument>('Handoff').implement({
  description: 'Streams going from one instance to another.',
  fields: (t) => ({
    uuid: t.exposeID('id', { description: 'Names it.' }),
    source: t.expose('source', { type: InstanceName, description: 'Who hands over.' }),
    target: t.expose('target', { type: InstanceName, description: 'Who takes over.' }),
    strategy: t.expose('strategy', { type: HandoffStrategy, description: 'In which way.' }),
    streams: t.expose('streams', { type: [StreamName], description: 'What it is about.' }),
    moved: t.exposeInt('moved', { description: 'How many of the streams are moved and confirmed.' }),
    state: t.exposeString('state', { description: 'Where it is: docs/handoff.md.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    finishedAt: t.expose('finishedAt', {
      ...{ type: 'DateTime', nullable: true },
      description: 'When it was over; null if it is not.',
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it is undone; null if it is not.' }),
    waitingFor: t.exposeString('waitingFor', {
      nullable: true,
      description: 'What the present step waits for, where that was just looked at.',
    }),
    events: t.expose('events', { type: [MigrationEvent], description: 'Its steps so far.' }),
  }),
});

const HandoffPlan = builder.objectRef<HandoffPlanShape>('HandoffPlan').implement({
  description: 'What a handoff would do.',
  fields: (t) => ({
    source: t.expose('source', { type: InstanceName, description: 'Who would hand over.' }),
    target: t.expose('target', { type: InstanceName, description: 'Who would take over.' }),
    streams: t.expose('streams', { type: [StreamName], description: 'What it would be about.' }),
    steps: t.expose('steps', { type: ['String'], description: 'Its states where all goes well.' }),
    problems: t.expose('problems', {
      type: ['String'],
      description: 'Why it would be refused; empty where nothing speaks against it.',
    }),
  }),
});

const HandoffInput = builder.inputType('HandoffInput', {
  description: 'A handoff to be.',
  fields: (t) => ({
    from: t.string({ required: true, description: 'Name of the instance that hands over.' }),
    to: t.string({ required: true, description: 'Name of the instance that takes over.' }),
    strategy: t.field({ type: HandoffStrategy, required: true, description: 'In which way.' }),
    streams: t.idList({ description: 'Uuids or ids; all that the source should collect by default.' }),
    stepTimeoutSeconds: t.float({
      description: 'How long a step may take before it is undone; 60 by default.',
    }),
    windowSeconds: t.float({
      description: 'Of a maintenance: how long nobody may be collecting; 300 by default.',
    }),
    tenant: t.string({ description: "The tenant; the caller's own by default." }),
  }),
});

builder.queryFields((t) => ({
  handoffPlan: t.field({
    type: HandoffPlan,
    description: 'For operators: what a handoff would do. Changes nothing.',
    args: { input: t.arg({ type: HandoffInput, required: true, description: 'The handoff.' }) },
    complexity: { field: 50 },
    resolve: (_root, { input }, { domain, actor }) =>
      domain.handoffs.plan(actor, input.tenant ?? null, handoffOf(input)),
  }),
  handoffs: t.field({
    type: [Handoff],
    description: 'For operators: handoffs, newest first, 100 at most.',
    args: {
      unfinished: t.arg.boolean({ defaultValue: false, description: 'Only those that are under way.' }),
      tenant: t.arg.string({ description: "The tenant; the caller's own by default." }),
    },
    complexity: { field: 50 },
    resolve: (_root, { unfinished, tenant }, { domain, actor }) =>
      domain.handoffs.list(actor, tenant ?? null, unfinished === true),
  }),
}));

builder.mutationFields((t) => {
  const target = () => ({
    handoff: t.arg.id({ required: true, description: 'The uuid of a handoff.' }),
    tenant: t.arg.string({ description: "The tenant; the caller's own by default." }),
  });
  return {
    startHandoff: t.field({
      type: Handoff,
      description:
        'For operators: begins a handoff. One between the same instances that is under way is gone on with instead.',
      args: { input: t.arg({ type: HandoffInput, required: true, description: 'The handoff.' }) },
      resolve: (_root, { input }, { domain, actor }) =>
        domain.handoffs.start(actor, input.tenant ?? null, handoffOf(input)),
    }),
    advanceHandoff: t.field({
      type: Handoff,
      description:
        'For operators: looks whether the present step is over and takes the next. Servers do so by themselves too.',
      args: target(),
      resolve: (_root, { handoff, tenant }, { domain, actor }) =>
        domain.handoffs.advance(actor, tenant ?? null, handoff),
    }),
    abortHandoff: t.field({
      type: Handoff,
      description: 'For operators: undoes a handoff that is under way; the source collects again.',
      args: target(),
      resolve: (_root, { handoff, tenant }, { domain, actor }) =>
        domain.handoffs.abort(actor, tenant ?? null, handoff),
    }),
    retireInstance: t.field({
      type: 'Boolean',
      description:
        'For operators, and the peer whose it is: frees the name, host and port of an instance. `CONFLICT` while it is handed over.',
      args: {
        instance: t.arg.string({ required: true, description: "The instance's name." }),
        tenant: t.arg.string({ description: "The tenant; the caller's own by default." }),
      },
      resolve: async (_root, { instance, tenant }, { domain, actor }) => {
        await domain.handoffs.retire(actor, tenant ?? null, instance);
        return true;
      },
    }),
  };
});

function handoffOf({
  from,
  to,
  strategy,
  streams,
  stepTimeoutSeconds,
  windowSeconds,
}: typeof HandoffInput.$inferInput): NewHandoff {
  return {
    ...{ from, to, strategy, streams: streams?.map(streamUuid) ?? null },
    stepTimeoutMs: milliseconds(stepTimeoutSeconds),
    windowMs: milliseconds(windowSeconds),
  };
}

function milliseconds(seconds: number | null | undefined): number | undefined {
  return seconds == null ? undefined : Math.round(seconds * 1_000);
}
