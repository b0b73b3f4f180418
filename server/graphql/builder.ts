import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import RelayPlugin from '@pothos/plugin-relay';
import { PresageError } from '../../schema/errors.ts';
import { decodeNodeId, encodeNodeId } from '../../schema/node-id.ts';
import type { EpochMs } from '../../schema/time.ts';
import type { ApiContext } from './context.ts';
import { nodeType } from './ids.ts';
import { tooCostly } from './limits.ts';

/** Types of what resolvers take and give, by scalar. Decimals and times come in as raw text: the domain judges them. */
type Scalars = {
  ID: { Input: string; Output: string };
  DateTime: { Input: string; Output: EpochMs };
  Decimal: { Input: string; Output: string };
  Cursor: { Input: string; Output: string };
  Position: { Input: number; Output: number };
  JSON: { Input: unknown; Output: unknown };
};

/** The one schema builder: every file of an aggregate adds its types and fields to it. */
export const builder = new SchemaBuilder<{
  Context: ApiContext;
  Scalars: Scalars;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
}>({
  plugins: [RelayPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  complexity: {
    limit: (context) => ({ complexity: context.settings.maxCost }),
    complexityError: (_kind, { complexity, maxComplexity }) => tooCostly(complexity, maxComplexity),
  },
  relay: {
    encodeGlobalID: (type, id) => encodeNodeId(nodeType(type), String(id)),
    decodeGlobalID: (id) => {
      const node = decodeNodeId(id);
      if (!node) throw new PresageError('BAD_INPUT', `"${id.slice(0, 60)}" is no id of this API.`);
      return { typename: node.type, id: node.local };
    },
    idFieldOptions: { description: 'Global id, opaque; `node` takes it.' },
    nodeTypeOptions: { description: 'Anything that has a global id.' },
    nodeQueryOptions: {
      description: 'Whatever has this global id, or null.',
      args: { id: { description: 'A global id that this API gave.' } },
    },
    nodesQueryOptions: false,
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The page, in ascending order.',
      complexity: { multiplier: 1 },
    },
    nodeFieldOptions: { nullable: false, description: 'The item.' },
    cursorFieldOptions: { description: 'Its place, to be given as `after` or `before`.' },
    pageInfoFieldOptions: { description: 'Whether there is more, and where.' },
    pageInfoTypeOptions: { description: 'Where a page begins and ends.' },
    hasNextPageFieldOptions: { description: 'Whether there are items after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are items before this page.' },
    startCursorFieldOptions: { description: 'Cursor of the first item; null for an empty page.' },
    endCursorFieldOptions: { description: 'Cursor of the last item; null for an empty page.' },
    firstArgOptions: { description: 'How many, from the beginning: 1 to 1,000; 100 by default.' },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    lastArgOptions: { description: 'How many, from the end: 1 to 1,000. Not together with `first`.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
  },
});

builder.queryType({ description: 'Reading: open by default, with a token where the operator wants one.' });
builder.mutationType({ description: 'Writing: needs a token, except for signing in.' });
builder.subscriptionType({
  description:
    'Live events over WebSocket (graphql-transport-ws at /graphql): exactly once, in order, resumable.',
});
