import { PresageError } from '../../schema/errors.ts';
import { parseTime } from '../../schema/time.ts';
import type { PeerBeat, PeerCounts, PeerStream } from '../domain/lineage/peers/peer-record.ts';
import { builder } from './builder.ts';
import { checkUuid } from './ids.ts';
import { SessionStatus } from './lineage.ts';

const InstanceRun = builder.inputType('InstanceRun', {
  description: 'A process of an instance of the caller.',
  fields: (t) => ({
    name: t.string({ required: true, description: "The instance's name." }),
    run: t.id({ required: true, description: 'The uuid that the process registered with.' }),
  }),
});

const NewInstanceInput = builder.inputType('NewInstanceInput', {
  description: 'A program of the caller that is about to collect.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'The same through restarts; unique among instances that are not retired.',
    }),
    run: t.id({
      required: true,
      description: 'A uuid of version 4 that the process made up, and tells nobody.',
    }),
    version: t.string({ required: true, description: 'The version that it runs.' }),
    environment: t.string({ required: true, description: 'Such as production.' }),
    standby: t.boolean({ defaultValue: false, description: 'Whether it collects only what it is told to.' }),
  }),
});

const OfferInput = builder.inputType('OfferInput', {
  description: 'A stream that an instance can collect.',
  fields: (t) => ({
    stream: t.id({ required: true, description: 'Uuid of a stream of the caller.' }),
    source: t.string({ required: true, description: 'What it would be collected from.' }),
  }),
});

const CollectedStreamInput = builder.inputType('CollectedStreamInput', {
  description: 'A stream that a session begins to collect.',
  fields: (t) => ({
    stream: t.id({ required: true, description: 'Uuid of a stream of the caller.' }),
    symbol: t.string({ description: 'What the source calls it.' }),
    kinds: t.stringList({ description: 'What is collected of it, or by what: 16 at most.' }),
  }),
});

const StreamCountsInput = builder.inputType('StreamCountsInput', {
  description: 'Totals of a stream since the session began to collect it: sent again they change nothing.',
  fields: (t) => ({
    stream: t.id({ required: true, description: 'Uuid of the stream.' }),
    kinds: t.stringList({ description: 'What was collected of it so far; none leaves it as it was.' }),
    messages: t.float({ defaultValue: 0, description: 'Observations.' }),
    bytes: t.float({ defaultValue: 0, description: 'Their size.' }),
    firstMessageAt: t.field({ type: 'DateTime', description: 'When the first was observed.' }),
    lastMessageAt: t.field({ type: 'DateTime', description: 'When the last was observed.' }),
  }),
});

const SessionCountsInput = builder.inputType('SessionCountsInput', {
  description: 'What a session has done so far.',
  fields: (t) => ({
    session: t.id({ required: true, description: "The session's number." }),
    streams: t.field({ type: [StreamCountsInput], description: 'By stream.' }),
  }),
});

const OpenSessionInput = builder.inputType('OpenSessionInput', {
  description: 'A session to be.',
  fields: (t) => ({
    source: t.string({ required: true, description: 'What it collects from.' }),
    config: t.field({
      type: 'JSON',
      description: "The source's settings without secrets: 16,384 characters at most.",
    }),
    streams: t.field({
      type: [CollectedStreamInput],
      required: true,
      description: 'What it collects: 10,000 at most.',
    }),
    resumes: t.id({
      description:
        'The session that the same process goes on from, as it was taken for dead: this one starts where that one was closed.',
    }),
  }),
});

const Beat = builder.objectRef<PeerBeat>('Beat').implement({
  description: 'What a heartbeat is answered with.',
  fields: (t) => ({
    current: t.exposeBoolean('current', {
      description:
        'False once the instance is retired, or another process has its name: this one has to stop collecting.',
    }),
    active: t.field({
      type: ['ID'],
      complexity: { field: 1, multiplier: 1 },
      description: 'Those of the sessions that are still active; the others were closed.',
      resolve: ({ active }) => active.map(String),
    }),
    wanted: t.field({
      type: ['ID'],
      complexity: { field: 1, multiplier: 1 },
      description: 'Uuids of the streams that the instance should collect.',
      resolve: ({ wanted }) => wanted,
    }),
  }),
});

builder.mutationFields((t) => {
  const instance = () =>
    t.arg({ type: InstanceRun, required: true, description: 'The process that says so.' });
  const sessions = () =>
    t.arg({ type: [SessionCountsInput], required: true, description: 'About 10,000 streams at most.' });
  return {
    registerInstance: t.boolean({
      description:
        "Takes an instance's name for a process of the caller; sessions of an earlier process are closed as failed. Said again it changes nothing.",
      args: { input: t.arg({ type: NewInstanceInput, required: true, description: 'The instance.' }) },
      resolve: async (_root, { input }, { domain, actor, address }) => {
        await domain.peerRecord.register(
          actor,
          { ...input, standby: input.standby === true },
          address ?? 'unknown',
        );
        return true;
      },
    }),
    offerStreams: t.field({
      type: ['ID'],
      complexity: { field: 1, multiplier: 1 },
      description:
        'Says what an instance can collect: all of it, what is left out is forgotten. Gives the uuids of what it should.',
      args: {
        instance: instance(),
        streams: t.arg({ type: [OfferInput], required: true, description: 'The streams: 10,000 at most.' }),
      },
      resolve: (_root, args, { domain, actor }) =>
        domain.peerRecord.offer(
          actor,
          args.instance,
          args.streams.map(({ stream, source }) => ({ stream: checkUuid(stream), source })),
        ),
    }),
    openSession: t.field({
      type: 'ID',
      description:
        'Opens a collection session, or adds the streams to the one that the instance has of the source. Gives its number.',
      args: {
        instance: instance(),
        input: t.arg({ type: OpenSessionInput, required: true, description: 'The session.' }),
      },
      resolve: async (_root, { instance: run, input }, { domain, actor }) => {
        const { source, config, streams, resumes } = input;
        return String(
          await domain.peerRecord.openSession(actor, run, {
            ...{ source, config: config ?? null, streams: streams.map(collectedOf) },
            resumes: resumes == null ? null : sessionOf(resumes),
          }),
        );
      },
    }),
    changeSessionStreams: t.boolean({
      description: 'Says what an active session begins to collect, and stops to. What is so already is left.',
      args: {
        instance: instance(),
        session: t.arg.id({ required: true, description: "The session's number." }),
        start: t.arg({ type: [CollectedStreamInput], description: 'What it begins to collect.' }),
        stop: t.arg.idList({ description: 'Uuids of what it stops to collect.' }),
      },
      resolve: async (_root, { instance: run, session, start, stop }, { domain, actor }) => {
        await domain.peerRecord.changeStreams(actor, run, sessionOf(session), {
          start: start?.map(collectedOf) ?? [],
          stop: stop?.map(checkUuid) ?? [],
        });
        return true;
      },
    }),
    beat: t.field({
      type: Beat,
      description: 'Heartbeat of an instance and of its sessions, with their counts so far.',
      args: { instance: instance(), sessions: sessions() },
      resolve: (_root, { instance: run, sessions: given }, { domain, actor }) =>
        domain.peerRecord.beat(actor, run, given.map(countsOf)),
    }),
    closeSessions: t.boolean({
      description: 'Ends sessions with their last counts. Those that are closed already are left.',
      args: {
        instance: instance(),
        sessions: sessions(),
        status: t.arg({ type: SessionStatus, description: '`COMPLETED`, the default, or `TERMINATED`.' }),
        reason: t.arg.string({ required: true, description: 'Why they end.' }),
      },
      resolve: async (_root, { instance: run, sessions: given, status, reason }, { domain, actor }) => {
        if (status === 'ACTIVE' || status === 'FAILED') {
          throw bad(`A session is closed as COMPLETED or TERMINATED, not as ${status}.`);
        }
        const end = { status: status ?? 'COMPLETED', reason };
        await domain.peerRecord.closeSessions(actor, run, given.map(countsOf), end);
        return true;
      },
    }),
  };
});

function collectedOf({ stream, symbol, kinds }: typeof CollectedStreamInput.$inferInput): PeerStream {
  return { stream: checkUuid(stream), symbol: symbol ?? null, kinds: kinds ?? [] };
}

function countsOf({ session, streams }: typeof SessionCountsInput.$inferInput): PeerCounts {
  return {
    sessionId: sessionOf(session),
    streams: (streams ?? []).map(({ stream, kinds, messages, bytes, firstMessageAt, lastMessageAt }) => ({
      ...{ stream: checkUuid(stream), kinds: kinds ?? [], messages: messages ?? 0, bytes: bytes ?? 0 },
      ...{ firstMessageAt: timeOf(firstMessageAt), lastMessageAt: timeOf(lastMessageAt) },
    })),
  };
}

function sessionOf(id: string): number {
  if (/^[1-9]\d{0,9}$/.test(id)) return Number(id);
  throw bad(`"${id.slice(0, 60)}" is not the number of a session.`);
}

function timeOf(text: string | null | undefined): number | null {
  if (text == null) return null;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw bad(`"${text.slice(0, 60)}" is no time; write one with a zone, such as 2026-01-31T12:00:00Z.`);
}

function bad(message: string): PresageError {
  return new PresageError('BAD_INPUT', message);
}
