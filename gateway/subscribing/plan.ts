import type { GraphQLSchema } from 'graphql';
import {
  type FieldNode,
  GraphQLError,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import { PresageError } from '../../schema/errors.ts';
import { normalise } from '../../schema/filter/normalise.ts';
import type { Executor, GraphQLRequest, Identity, PreparedOperation, SubscriptionEvent } from '../ports.ts';
import { type FragmentsByName, fragmentsOf } from './fragments.ts';
import { type Asked, readRootField } from './root-fields.ts';
import { selectionKey } from './selection-key.ts';

/** What is selected of each event. */
export interface Selection {
  readonly operation: OperationDefinitionNode;
  readonly fragments: FragmentsByName;
  /** Coerced. */
  readonly variables: Record<string, unknown>;
}

/** A subscribe message, understood: what it asks for and whose payloads are the same. */
export interface SubscriptionPlan extends Asked {
  readonly operation: PreparedOperation;
  readonly request: GraphQLRequest;
  readonly identity: Identity;
  readonly selection: Selection;
  /** Equal for subscriptions of one cohort. */
  readonly cohortKey: string;
  /** Makes of an event's JSON what its subscribers are sent instead, once for all of them. */
  readonly encode?: (payload: Buffer, event: SubscriptionEvent) => Buffer;
}

/** A subscription in a transport's own words. */
export interface FollowOrder {
  readonly asked: Asked;
  /** Selects what an event's payload has. Its arguments count for nothing: `asked` has them. */
  readonly request: GraphQLRequest;
  /** Tells apart what is encoded differently. */
  readonly name: string;
  readonly encode: (payload: Buffer, event: SubscriptionEvent) => Buffer;
}

/** Plans a transport's own subscription. Throws what the executor says of its operation. */
export function planFollowing(
  executor: Pick<Executor, 'prepare' | 'schema'>,
  { asked, request, name, encode }: FollowOrder,
  identity: Identity,
  { visibility, maxFilterConditions }: PlanRules,
): SubscriptionPlan {
  const operation = executor.prepare(request, identity);
  const selection = selectionOf(executor.schema, operation, request);
  normalise(asked.filter, maxFilterConditions);
  const cohortKey = JSON.stringify([identity.tenant, visibility, asked.topic, asked.includeData, name]);
  return { ...asked, operation, request, identity, selection, cohortKey, encode };
}

export interface PlanRules {
  /** Names what the identity's peer may see beside others of its tenant. */
  readonly visibility: string;
  readonly maxFilterConditions: number;
}

/**
 * Reads a prepared subscription operation. Throws `BAD_INPUT`, `BAD_FILTER` or what graphql-js says of variables and arguments.
 */
export function planSubscription(
  schema: GraphQLSchema,
  operation: PreparedOperation,
  request: GraphQLRequest,
  identity: Identity,
  { visibility, maxFilterConditions }: PlanRules,
): SubscriptionPlan {
  const selection = selectionOf(schema, operation, request);
  const { operation: definition, fragments, variables } = selection;
  const rootType = schema.getSubscriptionType();
  if (!rootType) throw noSubscription();
  const roots = collectFields(schema, fragments, variables, rootType, definition.selectionSet);
  const [fields, ...more] = [...roots.values()];
  const field = fields?.[0];
  if (!fields || !field || more.length > 0) throw noSubscription();
  const fieldDefinition = rootType.getFields()[field.name.value];
  if (!fieldDefinition) throw noSubscription();
  const asked = readRootField(field.name.value, argumentsOf(fieldDefinition, field, variables));
  // Refused here and not where it is matched: that may be another process.
  normalise(asked.filter, maxFilterConditions);
  const key = selectionKey(operation.document, definition, new Set(fields), request.variables ?? {});
  const cohortKey = JSON.stringify([identity.tenant, visibility, asked.topic, asked.includeData, key]);
  return { ...asked, operation, request, identity, selection, cohortKey };
}

function selectionOf(
  schema: GraphQLSchema,
  { document }: PreparedOperation,
  { operationName, variables: given }: GraphQLRequest,
): Selection {
  const operation = getOperationAST(document, operationName);
  if (!operation) throw noSubscription();
  const variables = getVariableValues(schema, operation.variableDefinitions ?? [], given ?? {});
  if (variables.errors) throw new AggregateError(variables.errors.map(asBadInput));
  return { operation, fragments: fragmentsOf(document), variables: variables.coerced };
}

function argumentsOf(
  definition: Parameters<typeof getArgumentValues>[0],
  field: FieldNode,
  variables: Record<string, unknown>,
): Record<string, unknown> {
  try {
    return getArgumentValues(definition, field, variables);
  } catch (error) {
    throw error instanceof GraphQLError ? asBadInput(error) : error;
  }
}

/**
 * An error that graphql-js has no code for: a value that does not fit its type. Scalars' own codes are kept. Among them
 * it gives what ended the coercion itself, which is the stack where a value nests too deeply.
 */
function asBadInput(error: Error): Error {
  if (error instanceof RangeError) {
    return new PresageError('BAD_INPUT', 'The variables nest too deeply to be read; flatten them.', {
      cause: error,
    });
  }
  if (!(error instanceof GraphQLError)) return error;
  const original = error.originalError;
  const code = original instanceof PresageError ? original.code : error.extensions.code;
  return new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    extensions: { ...error.extensions, code: typeof code === 'string' ? code : 'BAD_INPUT' },
  });
}

function noSubscription(): PresageError {
  return new PresageError(
    'BAD_INPUT',
    'The operation selects no single root field of Subscription; select exactly one, and one that no directive leaves out.',
  );
}
