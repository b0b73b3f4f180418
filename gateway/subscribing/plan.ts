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
import type { GraphQLRequest, Identity, PreparedOperation } from '../ports.ts';
import { type FragmentsByName, fragmentsOf } from './fragments.ts';
import { type Asked, readRootField } from './root-fields.ts';
import { selectionKey } from './selection-key.ts';

/** A subscribe message, understood: what it asks for and whose payloads are the same. */
export interface SubscriptionPlan extends Asked {
  readonly operation: PreparedOperation;
  readonly request: GraphQLRequest;
  readonly identity: Identity;
  readonly definition: OperationDefinitionNode;
  readonly fragments: FragmentsByName;
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Equal for subscriptions of one cohort. */
  readonly cohortKey: string;
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
  const definition = getOperationAST(operation.document, request.operationName);
  const rootType = schema.getSubscriptionType();
  if (!definition || !rootType) throw noSubscription();
  const variables = getVariableValues(schema, definition.variableDefinitions ?? [], request.variables ?? {});
  if (variables.errors) throw new AggregateError(variables.errors.map(asBadInput));
  const fragments = fragmentsOf(operation.document);
  const roots = collectFields(schema, fragments, variables.coerced, rootType, definition.selectionSet);
  const [fields, ...more] = [...roots.values()];
  const field = fields?.[0];
  if (!fields || !field || more.length > 0) throw noSubscription();
  const fieldDefinition = rootType.getFields()[field.name.value];
  if (!fieldDefinition) throw noSubscription();
  const asked = readRootField(field.name.value, argumentsOf(fieldDefinition, field, variables.coerced));
  // Refused here and not where it is matched: that may be another process.
  normalise(asked.filter, maxFilterConditions);
  const selection = selectionKey(operation.document, definition, new Set(fields), request.variables ?? {});
  const cohortKey = JSON.stringify([identity.tenant, visibility, asked.topic, asked.includeData, selection]);
  return {
    ...asked,
    operation,
    request,
    identity,
    definition,
    fragments,
    variables: variables.coerced,
    cohortKey,
  };
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

/** An error that graphql-js has no code for: a value that does not fit its type. Scalars' own codes are kept. */
function asBadInput(error: GraphQLError): GraphQLError {
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
