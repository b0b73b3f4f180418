import { PresageError } from '../../schema/errors.ts';
import { fromWhere } from '../../schema/filter/from-where.ts';
import type { StreamDocument } from '../../schema/log-entry.ts';
import { encodeNodeId } from '../../schema/node-id.ts';
import { isUuid } from '../../schema/uuid.ts';
import type { StreamChanges as StreamChangesShape } from '../domain/stream/streams.ts';
import { builder } from './builder.ts';
import { carried } from './carried.ts';
import { connection, connectionCost, pageRequest, pageSize } from './connection.ts';
import { checkUuid, MAX_SERVER_ID, streamUuid } from './ids.ts';
import { Observation, Stream } from './refs.ts';
import { StreamWhere } from './where.ts';

builder.node(Stream, {
  description: 'A named numeric series. The server gives it its uuid and its serverId.',
  id: {
    resolve: (stream) => stream.uuid,
    ...carried(({ uuid }: StreamDocument) => encodeNodeId('Stream', uuid)),
  },
  loadOne: async (uuid, { domain, tenant }) =>
    isUuid(uuid) ? ((await domain.streams.find(tenant, { uuid })) ?? null) : null,
  fields: (t) => ({
    uuid: t.exposeID('uuid', { description: 'Made by the server, version 4.' }),
    serverId: t.exposeInt('serverId', { description: "The server's own number for it." }),
    name: t.exposeString('name', { description: 'Unique in its tenant.' }),
    author: t.exposeString('author', {
      description: 'Public key of the peer that owns it and may publish on it.',
    }),
    secondary: t.exposeString('secondary', {
      nullable: true,
      description: 'A second name, such as a symbol.',
    }),
    target: t.exposeString('target', { nullable: true, description: 'What of its source it is about.' }),
    meta: t.exposeString('meta', { nullable: true, description: 'Free text for programs.' }),
    description: t.exposeString('description', { nullable: true, description: 'Free text for people.' }),
    tags: t.field({
      type: ['String'],
      description: 'Tags, to be filtered by.',
      resolve: ({ tags }) => tags,
      ...carried(({ tags }: StreamDocument) => tags),
    }),
    cadenceSeconds: t.exposeFloat('cadenceSeconds', {
      nullable: true,
      description: 'Expected seconds between observations; null if there is no rhythm.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when nothing is published on it any more; null while it is in use.',
    }),
    latest: t.field({
      type: Observation,
      nullable: true,
      description: 'Its newest observation; null if there is none.',
      resolve: ({ serverId }, _args, { latest }) => latest.load(serverId),
    }),
  }),
});

const StreamConnection = builder.connectionObject(
  {
    type: Stream,
    name: 'StreamConnection',
    description: 'A page of streams, in the order of their serverId.',
  },
  { name: 'StreamEdge', description: 'A stream and its place.' },
);

builder.queryFields((t) => ({
  stream: t.field({
    type: Stream,
    nullable: true,
    description: 'The stream of this uuid or of this name; null if there is none.',
    args: {
      uuid: t.arg.id({ description: "The stream's uuid. Give this or the name." }),
      name: t.arg.string({ description: "The stream's name. Give this or the uuid." }),
    },
    resolve: async (_root, { uuid, name }, { domain, tenant }) => {
      if ((uuid == null) === (name == null)) {
        throw new PresageError('BAD_INPUT', 'stream needs a uuid or a name, and only one of them.');
      }
      if (name != null) return (await domain.streams.find(tenant, { name })) ?? null;
      return (await domain.streams.find(tenant, { uuid: checkUuid(uuid ?? '') })) ?? null;
    },
  }),
  streams: t.connection(
    {
      type: Stream,
      description: 'Streams, in the order of their serverId.',
      args: { where: t.arg({ type: StreamWhere, description: 'Only streams that match.' }) },
      complexity: connectionCost,
      resolve: async (_root, { where, ...page }, { domain, tenant }) =>
        connection(
          tenant,
          await domain.streams.list(
            tenant,
            fromWhere('stream', where),
            pageRequest(tenant, page, MAX_SERVER_ID),
          ),
        ),
    },
    StreamConnection,
  ),
}));

const StreamChanges = builder.objectRef<StreamChangesShape & { tenant: string }>('StreamChanges').implement({
  description: 'Streams that were created or changed after a cursor, as they are now.',
  fields: (t) => ({
    streams: t.field({
      type: [Stream],
      complexity: { field: 1, multiplier: 1 },
      description: 'In the order of their changes; one that changed again may come again with a later page.',
      resolve: ({ streams }) => streams,
    }),
    cursor: t.field({
      type: 'Cursor',
      description: 'What to give as `after` the next time, now or later.',
      resolve: ({ tenant, position }, _args, { domain }) => domain.log.cursor(tenant, position),
    }),
    hasMore: t.exposeBoolean('hasMore', { description: 'Whether there are more changes already.' }),
  }),
});

builder.queryField('streamsSince', (t) =>
  t.field({
    type: StreamChanges,
    description:
      'For keeping a copy of all streams: those created or changed since a cursor, archived ones included. Without a cursor it begins with the first.',
    args: {
      after: t.arg({ type: 'Cursor', description: 'The cursor of the last answer.' }),
      first: t.arg.int({ description: 'Changes at once: 1 to 1,000, 100 by default.' }),
    },
    complexity: ({ first }) => connectionCost({ first }),
    resolve: async (_root, { after, first }, { domain, tenant }) => ({
      tenant,
      ...(await domain.streams.changedSince(
        tenant,
        after == null ? 0 : await domain.log.resume(tenant, after),
        pageSize('first', first ?? 100),
      )),
    }),
  }),
);

const CreateStreamInput = builder.inputType('CreateStreamInput', {
  description: 'A stream to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique in the tenant: 1 to 200 characters.' }),
    secondary: t.string({ description: 'A second name, such as a symbol: at most 200 characters.' }),
    target: t.string({ description: 'What of its source it is about: at most 200 characters.' }),
    meta: t.string({ description: 'Free text for programs.' }),
    description: t.string({ description: 'Free text for people.' }),
    tags: t.stringList({ description: 'Tags to filter by.' }),
    cadenceSeconds: t.float({
      description: 'Expected seconds between observations; none if there is no rhythm.',
    }),
  }),
});

builder.mutationFields((t) => ({
  createStream: t.field({
    type: Stream,
    description: 'Creates a stream that the caller owns. `CONFLICT` if the name is taken.',
    args: { input: t.arg({ type: CreateStreamInput, required: true, description: 'The stream.' }) },
    resolve: (_root, { input }, { domain, actor }) => domain.streams.create(actor, input),
  }),
  archiveStream: t.field({
    type: Stream,
    description: 'Ends a stream of the caller: it takes no more observations and predictions.',
    args: { id: t.arg.id({ required: true, description: 'Uuid or id of the stream.' }) },
    resolve: (_root, { id }, { domain, actor }) => domain.streams.archive(actor, streamUuid(id)),
  }),
}));
