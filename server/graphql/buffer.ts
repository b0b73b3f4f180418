import { parseDuration } from '../../schema/duration.ts';
import { PresageError } from '../../schema/errors.ts';
import { type EpochMs, MAX_TIME, parseTime } from '../../schema/time.ts';
import type {
  AskedInstance,
  BackfillReport,
  BufferedObservation,
  BufferPage,
  BufferRequest,
} from '../domain/buffer/buffers.ts';
import { builder } from './builder.ts';
import { connectionCost, pageSize } from './connection.ts';
import { HOW_TO_SIGN_IN } from './context.ts';
import { streamUuid } from './ids.ts';
import { ItemError } from './item-error.ts';

/** Rows of a page where none are asked for. */
const DEFAULT_ROWS = 1_000;

/** The page counts what is in it by the rows that it may have. */
const ONCE = { field: 1, multiplier: 1 };

const BufferRow = builder.objectRef<BufferedObservation>('BufferRow').implement({
  description: 'An observation in the storage of an instance that collected it.',
  fields: (t) => ({
    observedAt: t.expose('observedAt', { type: 'DateTime', description: 'When it was observed.' }),
    value: t.expose('value', { type: 'Decimal', description: 'What was observed.' }),
    provider: t.exposeString('provider', { description: 'Where it came from.' }),
    published: t.exposeBoolean('published', { description: 'Whether it is in the log.' }),
    instance: t.exposeString('instance', {
      description: 'The instance whose storage has it; the first by name where several do.',
    }),
  }),
});

const BufferInstance = builder.objectRef<AskedInstance>('BufferInstance').implement({
  description: 'An instance that has collected the stream.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    unreachable: t.exposeString('unreachable', {
      nullable: true,
      description: 'Why its storage could not be read, or not to the end; null if it was.',
    }),
  }),
});

const Buffer = builder.objectRef<BufferPage>('Buffer').implement({
  description: 'A page of what instances keep of a stream.',
  fields: (t) => ({
    rows: t.expose('rows', { type: [BufferRow], complexity: ONCE, description: 'By time, each time once.' }),
    instances: t.expose('instances', {
      type: [BufferInstance],
      complexity: ONCE,
      description: 'Whose storage was asked.',
    }),
    next: t.expose('next', {
      type: 'DateTime',
      nullable: true,
      description: 'What to give as `after` for the next page; null after the last.',
    }),
  }),
});

const Backfill = builder.objectRef<BackfillReport>('Backfill').implement({
  description: 'What became of filling the log from the storage of instances.',
  fields: (t) => ({
    checked: t.exposeInt('checked', { description: 'Observations of this page in the storage.' }),
    missing: t.exposeInt('missing', { description: 'Those of them whose time the log had nothing of.' }),
    filled: t.exposeInt('filled', { description: 'Those of them that are in the log now; 0 for a dry run.' }),
    different: t.exposeInt('different', {
      description: 'Times at which the log has another value, which is left as it is.',
    }),
    missingTimes: t.field({
      type: ['DateTime'],
      complexity: ONCE,
      description: 'The times of those that were missing.',
      resolve: ({ missingTimes }) => missingTimes,
    }),
    errors: t.expose('errors', {
      type: [ItemError],
      complexity: ONCE,
      description: 'What could not be filled, by its index in `missingTimes`.',
    }),
    instances: t.expose('instances', {
      type: [BufferInstance],
      complexity: ONCE,
      description: 'Whose storage was asked.',
    }),
    next: t.expose('next', {
      type: 'DateTime',
      nullable: true,
      description: 'What to give as `after` for the next page; null after the last.',
    }),
  }),
});

interface RangeArgs {
  readonly stream: string;
  readonly last?: string | null | undefined;
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
  readonly after?: string | null | undefined;
  readonly first?: number | null | undefined;
  readonly instance?: string | null | undefined;
}

/** What a page is asked of. Throws `BAD_INPUT`. */
function requestOf({ stream, last, from, to, after, first, instance }: RangeArgs): BufferRequest {
  if (last != null && (from != null || to != null)) throw bad('Give last, or from and to, not both.');
  if (last == null && from == null && after == null) throw bad('Give last, such as "1h", or from.');
  const start = last == null ? timeOf('from', from) : Date.now() - durationOf(last);
  const begun = timeOf('after', after);
  const until = timeOf('to', to) ?? MAX_TIME;
  // `from` itself is in the range, `after` is not.
  const afterTime = Math.max(
    start === undefined ? Number.NEGATIVE_INFINITY : start - 1,
    begun ?? Number.NEGATIVE_INFINITY,
  );
  if (start !== undefined && start > until)
    throw bad('The range ends before it begins; swap "from" and "to".');
  return {
    ...{ streamUuid: streamUuid(stream), until, instance },
    ...{ after: afterTime, limit: pageSize('first', first ?? DEFAULT_ROWS) },
  };
}

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  throw bad(
    `"${text.slice(0, 60)}" is no duration; write a whole number and s, m, h or d, such as 90m, 1h or 7d.`,
  );
}

function timeOf(argument: string, text: string | null | undefined): EpochMs | undefined {
  if (text == null) return undefined;
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw bad(`${argument} is "${text.slice(0, 60)}"; write a time with a zone, such as 2026-01-31T12:00:00Z.`);
}

function bad(message: string): PresageError {
  return new PresageError('BAD_INPUT', message);
}

/** Which rows of a stream, as both operations are asked. */
const pageArgs = () =>
  builder.args((t) => ({
    stream: t.id({ required: true, description: 'Uuid or id of the stream.' }),
    last: t.string({ description: 'Those of this last while: `90m`, `1h`, `7d`. Or give `from`.' }),
    from: t.field({ type: 'DateTime', description: 'At this time and later.' }),
    to: t.field({ type: 'DateTime', description: 'At this time and earlier.' }),
    after: t.field({ type: 'DateTime', description: 'Later than this: `next` of the page before.' }),
    first: t.int({ description: 'Rows of a page: 1 to 1,000, which is the default.' }),
    instance: t.string({ description: 'Only the storage of this instance.' }),
  }));

builder.queryField('buffer', (t) =>
  t.field({
    type: Buffer,
    description:
      'For peers and operators: observations of a stream out of the storage of the instances that collected it.',
    args: {
      ...pageArgs(),
      local: t.arg.boolean({ description: 'Only what this server can read from its own disks.' }),
    },
    complexity: ({ first }) => connectionCost({ first: first ?? DEFAULT_ROWS }),
    resolve: (_root, { local, ...args }, { domain, actor, token }) =>
      domain.buffers.query(actor, requestOf(args), local ? null : token),
  }),
);

builder.mutationField('backfill', (t) =>
  t.field({
    type: Backfill,
    description:
      'For its author and operators: publishes what the storage of instances has of a stream and the log lacks, a page at a time. Again it changes nothing.',
    args: {
      ...pageArgs(),
      dryRun: t.arg.boolean({ description: 'Only say what is missing.' }),
    },
    complexity: ({ first }) => connectionCost({ first: first ?? DEFAULT_ROWS }),
    resolve: (_root, { dryRun, ...args }, { domain, actor, token }) => {
      if (token === null) throw new PresageError('UNAUTHENTICATED', HOW_TO_SIGN_IN);
      return domain.buffers.backfill(actor, requestOf(args), token, dryRun === true);
    },
  }),
);
