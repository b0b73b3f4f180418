import { PresageError } from '../../schema/errors.ts';
import { type EpochMs, parseTime } from '../../schema/time.ts';
import type {
  InstanceAddress as AddressShape,
  Collecting as CollectingShape,
  Gap as GapShape,
  Instance,
  TimelineEntry as TimelineEntryShape,
  Timeline as TimelineShape,
} from '../domain/lineage/questions/questions.ts';
import { builder } from './builder.ts';
import { listCost } from './connection.ts';
import type { ApiContext } from './context.ts';
import { streamUuid } from './ids.ts';
import { GapKind, InstanceName, ServerInstance, SessionStatus, StreamName } from './lineage.ts';

const DAY_MS = 86_400_000;

const Collecting = builder.interfaceRef<CollectingShape>('Collecting').implement({
  description: 'A session, as far as it concerns what was asked about.',
  fields: (t) => ({
    session: t.exposeInt('sessionId', { description: "The session's number." }),
    instance: t.expose('instance', { type: InstanceName, description: 'Who collected.' }),
    source: t.exposeString('source', { description: 'What it collected from.' }),
    status: t.expose('status', { type: SessionStatus, description: 'How the session is.' }),
    symbol: t.exposeString('symbol', { nullable: true, description: 'What the source calls the stream.' }),
    kinds: t.expose('kinds', { type: ['String'], description: 'What was collected, or by what.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'Since when.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      description:
        'Until when, as far as is known: a session that fell silent ended with its last heartbeat.',
    }),
    open: t.exposeBoolean('open', { description: 'Whether it goes on.' }),
    messages: t.exposeFloat('messages', { description: 'Observations.' }),
    bytes: t.exposeFloat('bytes', { description: 'Their size.' }),
    firstMessageAt: t.expose('firstMessageAt', {
      ...{ type: 'DateTime', nullable: true },
      description: 'When the first was observed.',
    }),
    lastMessageAt: t.expose('lastMessageAt', {
      ...{ type: 'DateTime', nullable: true },
      description: 'When the last was observed.',
    }),
  }),
});

const Collector = builder.objectRef<CollectingShape>('Collector').implement({
  description: 'Who was collecting a stream.',
  interfaces: [Collecting],
  isTypeOf: () => true,
});

const TimelineEntry = builder.objectRef<TimelineEntryShape>('TimelineEntry').implement({
  description: 'A session on a timeline.',
  interfaces: [Collecting],
  isTypeOf: () => true,
  fields: (t) => ({
    durationMs: t.exposeFloat('durationMs', {
      description: 'How long it collected within the stretch, in ms.',
    }),
  }),
});

const Timeline = builder.objectRef<TimelineShape>('Timeline').implement({
  description: 'Who collected in a stretch of time.',
  fields: (t) => ({
    from: t.expose('from', { type: 'DateTime', description: 'Where the stretch begins.' }),
    to: t.expose('to', { type: 'DateTime', description: 'Where it ends.' }),
    sessions: t.field({
      type: [TimelineEntry],
      complexity: { multiplier: 1 },
      description: 'In the order in which they began.',
      resolve: ({ entries }) => entries,
    }),
    total: t.exposeInt('total', { description: 'How many there are, listed or not.' }),
    messages: t.exposeFloat('messages', { description: 'Observations of all of them.' }),
    bytes: t.exposeFloat('bytes', { description: 'Their size.' }),
    coveredMs: t.exposeFloat('coveredMs', {
      description: 'How much of the stretch somebody collected, in ms; what overlaps counts once.',
    }),
  }),
});

const Gap = builder.objectRef<GapShape>('Gap').implement({
  description: 'A gap, cut to the stretch that was asked about.',
  fields: (t) => ({
    kind: t.expose('kind', { type: GapKind, description: 'What is missing.' }),
    stream: t.expose('stream', { type: StreamName, description: 'Of which stream.' }),
    from: t.expose('from', { type: 'DateTime', description: 'Since when.' }),
    to: t.expose('to', { type: 'DateTime', description: 'Until when.' }),
    durationMs: t.exposeFloat('durationMs', { description: 'How long, in ms.' }),
    open: t.exposeBoolean('open', { description: 'Whether it reaches the present.' }),
  }),
});

const InstanceAddress = builder.objectRef<AddressShape>('InstanceAddress').implement({
  description: 'Where an instance is reached.',
  fields: (t) => ({
    host: t.exposeString('host', { description: 'Its host.' }),
    port: t.exposeInt('port', { nullable: true, description: 'Its port; null: it has no API of its own.' }),
    storagePath: t.exposeString('storagePath', { description: 'Its storage directory.' }),
    clientId: t.exposeString('clientId', { description: 'The public key that it publishes with.' }),
  }),
});

const Offer = builder.objectRef<Instance['offers'][number]>('InstanceOffer').implement({
  description: 'A stream that an instance can collect.',
  fields: (t) => ({
    stream: t.expose('stream', { type: StreamName, description: 'The stream.' }),
    wanted: t.exposeBoolean('wanted', { description: 'Whether it should.' }),
    collecting: t.exposeBoolean('collecting', { description: 'Whether it does.' }),
  }),
});

const InstanceStatus = builder.objectRef<Instance>('InstanceStatus').implement({
  description: 'How a server instance is.',
  fields: (t) => ({
    instance: t.field({
      type: ServerInstance,
      description: 'The instance.',
      resolve: (instance) => instance,
    }),
    seenAt: t.expose('seenAt', { type: 'DateTime', description: 'When its last heartbeat came.' }),
    alive: t.exposeBoolean('alive', { description: 'Whether it is heard of.' }),
    offers: t.expose('offers', { type: [Offer], description: 'What it can collect.' }),
    address: t.field({
      ...{ type: InstanceAddress, nullable: true },
      description: 'Where it is reached; null for who is no operator.',
      resolve: async ({ address }, _args, context) => ((await isOperator(context)) ? address : null),
    }),
  }),
});

builder.queryFields((t) => {
  const stretch = () => ({
    from: t.arg({
      type: 'DateTime',
      description: 'Where the stretch begins; a day before its end by default.',
    }),
    to: t.arg({ type: 'DateTime', description: 'Where it ends; now by default.' }),
  });
  const stream = (required: boolean) =>
    t.arg.id({ required, description: `The stream: its uuid or id${required ? '' : '; all by default'}.` });
  return {
    serverInstances: t.field({
      type: [InstanceStatus],
      description: 'The programs that collect, by name.',
      args: { retired: t.arg.boolean({ defaultValue: false, description: 'Whether retired ones too.' }) },
      complexity: { field: 50 },
      resolve: (_root, { retired }, { domain, tenant }) => domain.lineage.instances(tenant, retired === true),
    }),
    collecting: t.field({
      type: [Collector],
      description: 'Who was collecting a stream at an instant; finished sessions count.',
      args: {
        stream: t.arg.id({ required: true, description: 'The stream: its uuid or id.' }),
        at: t.arg({ type: 'DateTime', description: 'The instant; now by default.' }),
      },
      complexity: { field: 20 },
      resolve: (_root, given, { domain, tenant }) =>
        domain.lineage.collectingAt(tenant, streamUuid(given.stream), timeOf('at', given.at) ?? Date.now()),
    }),
    timeline: t.field({
      type: Timeline,
      description: 'Who collected a stream, or anything, in a stretch of time.',
      args: {
        ...{ stream: stream(false), ...stretch() },
        first: t.arg.int({ defaultValue: 100, description: 'How many sessions are listed: 1 to 10,000.' }),
      },
      complexity: ({ first }) => ({ field: 50, multiplier: listCost(first ?? 100) }),
      resolve: (_root, { stream, first, ...given }, { domain, tenant }) =>
        domain.lineage.timeline(tenant, {
          ...{ streamUuid: stream == null ? null : streamUuid(stream), stretch: stretchOf(given) },
          limit: first ?? 100,
        }),
    }),
    gaps: t.field({
      type: [Gap],
      description:
        'Gaps of a stream, or of all that were ever collected and are not archived: by stream, then by time.',
      args: {
        ...{ stream: stream(false), ...stretch() },
        kind: t.arg({ type: GapKind, description: 'What is missing; both by default.' }),
        minSeconds: t.arg.float({ defaultValue: 0, description: 'Shorter gaps are left out.' }),
        cadences: t.arg.float({
          defaultValue: 3,
          description: "How many times the stream's cadence observations may lie apart: 1 at least.",
        }),
        first: t.arg.int({ defaultValue: 100, description: 'How many: 1 to 10,000.' }),
      },
      complexity: ({ first }) => ({ field: 50, multiplier: listCost(first ?? 100) }),
      resolve: (_root, { stream, kind, minSeconds, cadences, first, ...given }, { domain, tenant }) =>
        domain.lineage.gaps(tenant, {
          ...{ streamUuid: stream == null ? null : streamUuid(stream), stretch: stretchOf(given) },
          ...{
            kind: kind ?? null,
            minMs: (minSeconds ?? 0) * 1_000,
            factor: cadences ?? 3,
            limit: first ?? 100,
          },
        }),
    }),
  };
});

async function isOperator({ viewer, domain }: ApiContext): Promise<boolean> {
  if (!viewer.actor) return false;
  const { tenant, peer } = viewer.actor;
  return (await domain.peers.standing(tenant, peer.publicKey))?.peer.role === 'OPERATOR';
}

function stretchOf({ from, to }: { from?: string | null | undefined; to?: string | null | undefined }) {
  const end = timeOf('to', to) ?? Date.now();
  return { from: timeOf('from', from) ?? end - DAY_MS, to: end };
}

function timeOf(name: string, text: string | null | undefined): EpochMs | undefined {
  if (text == null) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new PresageError(
    'BAD_INPUT',
    `${name}: "${text.slice(0, 60)}" is no time; write it with a zone, such as 2026-01-31T12:00:00.000Z.`,
  );
}
