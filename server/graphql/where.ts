import { builder } from './builder.ts';

/**
 * The typed filters. Their values are translated and judged by `schema/filter`, which also bounds their size, so they
 * are only described here.
 */
const StringOps = builder.inputType('StringOps', {
  description: 'Conditions on a text, all of which must hold. A missing text satisfies `ne` only.',
  fields: (t) => ({
    eq: t.string({ description: 'Is this text.' }),
    ne: t.string({ description: 'Is not this text.' }),
    in: t.stringList({ description: 'Is one of these texts: at most 1,000.' }),
    contains: t.string({ description: 'Has this text somewhere in it; case matters.' }),
  }),
});

const TagOps = builder.inputType('TagOps', {
  description: 'Conditions on tags.',
  fields: (t) => ({ contains: t.string({ description: 'This tag is among them.' }) }),
});

const DecimalOps = builder.inputType('DecimalOps', {
  description: 'Conditions on a decimal, compared exactly; all must hold.',
  fields: (t) => ({
    eq: t.field({ type: 'Decimal', description: 'Equal to.' }),
    ne: t.field({ type: 'Decimal', description: 'Not equal to.' }),
    gt: t.field({ type: 'Decimal', description: 'Greater than.' }),
    gte: t.field({ type: 'Decimal', description: 'Greater than or equal to.' }),
    lt: t.field({ type: 'Decimal', description: 'Less than.' }),
    lte: t.field({ type: 'Decimal', description: 'Less than or equal to.' }),
    in: t.field({ type: ['Decimal'], description: 'Equal to one of these: at most 1,000.' }),
  }),
});

const DateTimeOps = builder.inputType('DateTimeOps', {
  description: 'Conditions on a time, all of which must hold.',
  fields: (t) => ({
    eq: t.field({ type: 'DateTime', description: 'At this time.' }),
    ne: t.field({ type: 'DateTime', description: 'Not at this time.' }),
    gt: t.field({ type: 'DateTime', description: 'Later than.' }),
    gte: t.field({ type: 'DateTime', description: 'At this time or later.' }),
    lt: t.field({ type: 'DateTime', description: 'Earlier than.' }),
    lte: t.field({ type: 'DateTime', description: 'At this time or earlier.' }),
  }),
});

/** A filter of the lineage. */
export interface LineageWhereInput {
  and?: LineageWhereInput[] | null;
  or?: LineageWhereInput[] | null;
  not?: LineageWhereInput | null;
  kind?: Texts | null;
  instance?: Texts | null;
  streams?: typeof TagOps.$inferInput | null;
}

type Texts = typeof StringOps.$inferInput;

/** A filter of streams. */
export interface StreamWhereInput {
  and?: StreamWhereInput[] | null;
  or?: StreamWhereInput[] | null;
  not?: StreamWhereInput | null;
  uuid?: Texts | null;
  name?: Texts | null;
  author?: Texts | null;
  secondary?: Texts | null;
  target?: Texts | null;
  tags?: typeof TagOps.$inferInput | null;
}

/** A filter of observations. */
export interface ObservationWhereInput {
  and?: ObservationWhereInput[] | null;
  or?: ObservationWhereInput[] | null;
  not?: ObservationWhereInput | null;
  stream?: StreamWhereInput | null;
  value?: typeof DecimalOps.$inferInput | null;
  observedAt?: typeof DateTimeOps.$inferInput | null;
  provider?: Texts | null;
  hash?: Texts | null;
}

export const StreamWhere = builder.inputRef<StreamWhereInput>('StreamWhere');
StreamWhere.implement({
  description: 'Which streams. Everything given must hold; at most 256 conditions in 16 levels.',
  fields: (t) => ({
    and: t.field({ type: [StreamWhere], description: 'All of these hold.' }),
    or: t.field({ type: [StreamWhere], description: 'One of these holds at least.' }),
    not: t.field({ type: StreamWhere, description: 'This does not hold.' }),
    uuid: t.field({ type: StringOps, description: "The stream's uuid." }),
    name: t.field({ type: StringOps, description: 'Its name.' }),
    author: t.field({ type: StringOps, description: 'Public key of the peer that owns it.' }),
    secondary: t.field({ type: StringOps, description: 'Its secondary name.' }),
    target: t.field({ type: StringOps, description: 'What of its source it is about.' }),
    tags: t.field({ type: TagOps, description: 'Its tags.' }),
  }),
});

export const ObservationWhere = builder.inputRef<ObservationWhereInput>('ObservationWhere');
ObservationWhere.implement({
  description: 'Which observations. Everything given must hold; at most 256 conditions in 16 levels.',
  fields: (t) => ({
    and: t.field({ type: [ObservationWhere], description: 'All of these hold.' }),
    or: t.field({ type: [ObservationWhere], description: 'One of these holds at least.' }),
    not: t.field({ type: ObservationWhere, description: 'This does not hold.' }),
    stream: t.field({ type: StreamWhere, description: 'The stream it is on.' }),
    value: t.field({ type: DecimalOps, description: 'Its value.' }),
    observedAt: t.field({ type: DateTimeOps, description: 'When it was observed.' }),
    provider: t.field({ type: StringOps, description: 'Where it came from.' }),
    hash: t.field({ type: StringOps, description: 'Its link of the hash chain.' }),
  }),
});

export const LineageWhere = builder.inputRef<LineageWhereInput>('LineageWhere');
LineageWhere.implement({
  description:
    'Which records of the lineage. Everything given must hold; at most 256 conditions in 16 levels.',
  fields: (t) => ({
    and: t.field({ type: [LineageWhere], description: 'All of these hold.' }),
    or: t.field({ type: [LineageWhere], description: 'One of these holds at least.' }),
    not: t.field({ type: LineageWhere, description: 'This does not hold.' }),
    kind: t.field({ type: StringOps, description: 'One of instance, session, gap, migration.' }),
    instance: t.field({
      type: StringOps,
      description: 'Name of the instance; of a migration the one that takes over. A gap has none.',
    }),
    streams: t.field({ type: TagOps, description: 'Uuids of the streams that it is about.' }),
  }),
});
